with left_side as (
    select *, (party_ref) as same_1, (net_amount) as same_2, (coalesce(upper(invoice_no), concat_ws('|', cast(payment_date as varchar), coalesce(transaction_no, ''), coalesce(department, ''), coalesce(category, '')))) as same_3
    from side_psp
),
right_side as (
    select *, (party_ref) as same_1, (net_amount) as same_2, (coalesce(upper(invoice_no), concat_ws('|', cast(payment_date as varchar), coalesce(transaction_no, ''), coalesce(department, ''), coalesce(category, '')))) as same_3
    from side_psp
),
numbered_line as (
    select partner, same_1, same_2, same_3, record, record_ref,
        row_number() over (partition by partner, same_1, same_2, same_3 order by record_ref, record) as place,
        count(*) over (partition by partner, same_1, same_2, same_3) as lines
    from left_side
    where same_1 is not null and same_2 is not null and same_3 is not null and kind is distinct from 'household'
),
line_pair as (
    select a.record as record_a, a.record_ref as record_ref_a, b.record as record_b, b.record_ref as record_ref_b,
        cast(null as varchar) as tier, cast(null as bigint) as match_weight, cast(null as double) as match_probability,
        cast(null as boolean) as same_address, cast(null as boolean) as two_people, a.lines, 0 as grace_days, cast($run_date as date) as run_date
    from numbered_line a
    join numbered_line b on b.partner = a.partner and b.same_1 = a.same_1 and b.same_2 = a.same_2 and b.same_3 = a.same_3 and b.place = 2
    where a.place = 1
),
party_pair as (
    select l.partner as partner_l,
        l.record_ref as record_ref_l,
        l.party as party_l,
        l.record as record_l,
        r.partner as partner_r,
        r.record_ref as record_ref_r,
        r.party as party_r,
        r.record as record_r,
        'PSP' as dataset_l,
        'PSP' as dataset_r,
        l.protected as own_protected_l,
        r.protected as own_protected_r,
        k.tier as tier,
        k.match_weight as match_weight,
        k.match_probability as match_probability,
        'top' as band,
        case
            when (l.credited) then 'REVERSED'
            when (k.lines > 2) then 'REPEATED-AMOUNT'
            when (l.net_amount < 50000) then 'SMALL-AMOUNT'
            when (regexp_matches(lower(l.name_as_sent), 'redact|personal (information|data)|withheld|not disclosed|various|sundry')) then 'NOT-NAMED'
            when (l.transaction_lines > 20 and l.transaction_no = r.transaction_no) then 'PAYMENT-RUN'
        end as suppressor,
        case when l.protected and not r.protected then l.partner when r.protected and not l.protected then r.partner when 'left' = 'right' then r.partner else l.partner end as owner,
        cast((l.net_amount) as bigint) as value_pence,
        concat_ws('; ', 'supplier ref: ' || cast(l.supplier_ref as varchar)) as details_own_l,
        concat_ws('; ', 'name as sent: ' || cast(l.name_as_sent as varchar), 'payment date: ' || strftime(l.payment_date, '%-d %B %Y'), 'net amount: ' || pounds(l.net_amount), 'transaction no: ' || cast(l.transaction_no as varchar), 'invoice no: ' || cast(l.invoice_no as varchar), 'department: ' || cast(l.department as varchar), 'category: ' || cast(l.category as varchar)) as details_shared_l,
        concat_ws('; ', 'supplier ref: ' || cast(r.supplier_ref as varchar)) as details_own_r,
        concat_ws('; ', 'name as sent: ' || cast(r.name_as_sent as varchar), 'payment date: ' || strftime(r.payment_date, '%-d %B %Y'), 'net amount: ' || pounds(r.net_amount), 'transaction no: ' || cast(r.transaction_no as varchar), 'invoice no: ' || cast(r.invoice_no as varchar), 'department: ' || cast(r.department as varchar), 'category: ' || cast(r.category as varchar)) as details_shared_r,
        concat(coalesce(cast(l.partner as varchar), 'not known'), ' published ', coalesce(pounds(l.net_amount), 'not known'), ' to ', coalesce(cast(l.name_as_sent as varchar), 'not known'), ' on ', coalesce(strftime(l.payment_date, '%-d %B %Y'), 'not known'), ' (transaction ', coalesce(cast(l.transaction_no as varchar), 'without number'), ', invoice ', coalesce(cast(l.invoice_no as varchar), 'without number'), ') and again on ', coalesce(strftime(r.payment_date, '%-d %B %Y'), 'not known'), ' (transaction ', coalesce(cast(r.transaction_no as varchar), 'without number'), ', invoice ', coalesce(cast(r.invoice_no as varchar), 'without number'), ').') as reason,
        substr(sha256(concat_ws(chr(31), coalesce(cast(k.tier as varchar), ''), coalesce(cast(l.forename as varchar), ''), coalesce(cast(l.middle_names as varchar), ''), coalesce(cast(l.surname as varchar), ''), coalesce(cast(l.date_of_birth as varchar), ''), coalesce(cast(l.nino as varchar), ''), coalesce(cast(l.name as varchar), ''), coalesce(cast(l.company_number as varchar), ''), coalesce(cast(l.vat_number as varchar), ''), coalesce(cast(l.charity_number as varchar), ''), coalesce(cast(l.account as varchar), ''), coalesce(cast(l.address as varchar), ''), coalesce(cast(l.postcode as varchar), ''), coalesce(cast(l.uprn as varchar), ''), coalesce(cast(l.category as varchar), ''), coalesce(cast(l.credited as varchar), ''), coalesce(cast(l.department as varchar), ''), coalesce(cast(l.invoice_no as varchar), ''), coalesce(cast(l.name_as_sent as varchar), ''), coalesce(cast(l.net_amount as varchar), ''), coalesce(cast(l.payment_date as varchar), ''), coalesce(cast(l.supplier_ref as varchar), ''), coalesce(cast(l.transaction_lines as varchar), ''), coalesce(cast(l.transaction_no as varchar), ''), coalesce(cast(r.forename as varchar), ''), coalesce(cast(r.middle_names as varchar), ''), coalesce(cast(r.surname as varchar), ''), coalesce(cast(r.date_of_birth as varchar), ''), coalesce(cast(r.nino as varchar), ''), coalesce(cast(r.name as varchar), ''), coalesce(cast(r.company_number as varchar), ''), coalesce(cast(r.vat_number as varchar), ''), coalesce(cast(r.charity_number as varchar), ''), coalesce(cast(r.account as varchar), ''), coalesce(cast(r.address as varchar), ''), coalesce(cast(r.postcode as varchar), ''), coalesce(cast(r.uprn as varchar), ''), coalesce(cast(r.category as varchar), ''), coalesce(cast(r.department as varchar), ''), coalesce(cast(r.invoice_no as varchar), ''), coalesce(cast(r.name_as_sent as varchar), ''), coalesce(cast(r.net_amount as varchar), ''), coalesce(cast(r.payment_date as varchar), ''), coalesce(cast(r.supplier_ref as varchar), ''), coalesce(cast(r.transaction_no as varchar), ''))), 1, 32) as fingerprint,
        'PS01-' || translate(to_base(cast('0x' || substr(sha256(concat_ws(chr(31), 'PS01', least(concat_ws('|', l.partner, 'PSP', l.record_ref), concat_ws('|', r.partner, 'PSP', r.record_ref)), greatest(concat_ws('|', l.partner, 'PSP', l.record_ref), concat_ws('|', r.partner, 'PSP', r.record_ref)))), 1, 13) as bigint) >> 2, 32, 10), '0123456789ABCDEFGHIJKLMNOPQRSTUV', '0123456789ABCDEFGHJKMNPQRSTVWXYZ') as exception_id,
        concat_ws(chr(31), concat_ws('|', l.partner, 'PSP', l.record_ref), concat_ws('|', r.partner, 'PSP', r.record_ref)) as collapse_key,
        k.lines as lines
    from line_pair k
    join left_side l on l.record = k.record_a and l.record_ref = k.record_ref_a
    join right_side r on r.record = k.record_b and r.record_ref = k.record_ref_b
    where l.partner = r.partner and (l.partner, l.dataset, l.record_ref) < (r.partner, r.dataset, r.record_ref)
        and (l.net_amount > 0
    and (l.payment_date <> r.payment_date
         or (l.transaction_no is not distinct from r.transaction_no
             and l.department is not distinct from r.department and l.category is not distinct from r.category))
    )
),
ranked_pair as (
    select *, row_number() over (
        same_case order by suppressor is not null, tier nulls last, match_probability desc nulls last,
            match_weight desc nulls last, partner_l, record_ref_l, party_l, partner_r, record_ref_r, party_r, record_l, record_r
    ) as place,
    any_value(lines) over same_case as hits,
    bool_or(own_protected_l) over same_case as protected_l, bool_or(own_protected_r) over same_case as protected_r
    from party_pair
    window same_case as (partition by collapse_key)
)
select exception_id, fingerprint, band, tier, match_weight, match_probability, suppressor, partner_l, dataset_l, record_ref_l, party_l, partner_r, dataset_r, record_ref_r, party_r, record_l, record_r, owner, value_pence, details_own_l, details_shared_l, details_own_r, details_shared_r, reason, hits, protected_l, protected_r
from ranked_pair
where place = 1
order by exception_id
