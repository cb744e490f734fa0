with left_side as (
    select p.*, t.lines, t.total, t.first_paid, t.last_paid
    from party p
    join (
        select partner as total_partner, party_ref as total_ref, count(*) as lines, sum(net_amount) as total, min(payment_date) as first_paid, max(payment_date) as last_paid
        from payload_psp
        group by partner, party_ref
    ) t on t.total_partner = p.partner and t.total_ref = p.record_ref
    where p.dataset = 'PSP'
),
right_side as (
    select p.*, t.lines, t.total, t.first_paid, t.last_paid
    from party p
    join (
        select partner as total_partner, party_ref as total_ref, count(*) as lines, sum(net_amount) as total, min(payment_date) as first_paid, max(payment_date) as last_paid
        from payload_psp
        group by partner, party_ref
    ) t on t.total_partner = p.partner and t.total_ref = p.record_ref
    where p.dataset = 'PSP'
),
best_link as (
    select c.cluster_id, c.record, min(k.tier) as tier, max(k.match_weight) as match_weight, max(k.match_probability) as match_probability
    from clusters c
    join (
        select record_l as record, record_r as other, tier, match_weight, match_probability from link_fact where entity = 'organisation'
        union all
        select record_r, record_l, tier, match_weight, match_probability from link_fact where entity = 'organisation'
    ) k on k.record = c.record
    join clusters d on d.record = k.other and d.entity = c.entity and d.cluster_id = c.cluster_id
    where c.entity = 'organisation' and k.tier in ('T1', 'T2', 'T3', 'T4', 'T5')
    group by c.cluster_id, c.record
),
oriented_link as (
    select a.record as record_a, b.record as record_b, coalesce(k.tier, greatest(a.tier, b.tier)) as tier,
        coalesce(k.match_weight, least(a.match_weight, b.match_weight)) as match_weight,
        coalesce(k.match_probability, least(a.match_probability, b.match_probability)) as match_probability,
        k.same_address, k.two_people, cast(null as bigint) as lines, 0 as grace_days, cast($run_date as date) as run_date
    from best_link a
    join best_link b on b.cluster_id = a.cluster_id and b.record <> a.record
    left join link_fact k
        on k.entity = 'organisation' and k.tier in ('T1', 'T2', 'T3', 'T4', 'T5')
        and k.record_l = least(a.record, b.record) and k.record_r = greatest(a.record, b.record)
    where a.record in (select record from left_side) and b.record in (select record from right_side)
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
        case when k.tier = 'T1' or (k.tier = 'T2' and k.match_probability >= 0.99) then 'top' when k.tier in ('T2', 'T3') then 'middle' else 'low' end as band,
        case
            when (l.company_number <> r.company_number) then 'GROUP'
        end as suppressor,
        case when l.protected and not r.protected then l.partner when r.protected and not l.protected then r.partner when 'left' = 'right' then r.partner else l.partner end as owner,
        cast(null as bigint) as value_pence,
        '' as details_own_l,
        concat_ws('; ', 'name as sent: ' || cast(l.name_as_sent as varchar), 'company number: ' || cast(l.company_number as varchar), 'vat number: ' || cast(l.vat_number as varchar), 'charity number: ' || cast(l.charity_number as varchar), 'lines: ' || format('{:,}', cast(l.lines as bigint)), 'total: ' || pounds(cast(l.total as bigint)), 'first paid: ' || strftime(l.first_paid, '%-d %B %Y'), 'last paid: ' || strftime(l.last_paid, '%-d %B %Y')) as details_shared_l,
        '' as details_own_r,
        concat_ws('; ', 'name as sent: ' || cast(r.name_as_sent as varchar), 'company number: ' || cast(r.company_number as varchar), 'vat number: ' || cast(r.vat_number as varchar), 'charity number: ' || cast(r.charity_number as varchar), 'lines: ' || format('{:,}', cast(r.lines as bigint)), 'total: ' || pounds(cast(r.total as bigint)), 'first paid: ' || strftime(r.first_paid, '%-d %B %Y'), 'last paid: ' || strftime(r.last_paid, '%-d %B %Y')) as details_shared_r,
        concat(coalesce(cast(l.partner as varchar), 'not known'), ' pays ', coalesce(cast(l.name_as_sent as varchar), 'not known'), ' (', coalesce(format('{:,}', cast(l.lines as bigint)), 'not known'), ' lines, ', coalesce(pounds(cast(l.total as bigint)), 'not known'), '), ', coalesce(cast(r.partner as varchar), 'not known'), ' pays ', coalesce(cast(r.name_as_sent as varchar), 'not known'), ' (', coalesce(format('{:,}', cast(r.lines as bigint)), 'not known'), ' lines, ', coalesce(pounds(cast(r.total as bigint)), 'not known'), '); they are held to be one supplier.') as reason,
        substr(sha256(concat_ws(chr(31), coalesce(cast(k.tier as varchar), ''), coalesce(cast(l.forename as varchar), ''), coalesce(cast(l.middle_names as varchar), ''), coalesce(cast(l.surname as varchar), ''), coalesce(cast(l.date_of_birth as varchar), ''), coalesce(cast(l.nino as varchar), ''), coalesce(cast(l.name as varchar), ''), coalesce(cast(l.company_number as varchar), ''), coalesce(cast(l.vat_number as varchar), ''), coalesce(cast(l.charity_number as varchar), ''), coalesce(cast(l.account as varchar), ''), coalesce(cast(l.address as varchar), ''), coalesce(cast(l.postcode as varchar), ''), coalesce(cast(l.uprn as varchar), ''), coalesce(cast(l.first_paid as varchar), ''), coalesce(cast(l.lines as varchar), ''), coalesce(cast(l.name_as_sent as varchar), ''), coalesce(cast(l.total as varchar), ''), coalesce(cast(r.forename as varchar), ''), coalesce(cast(r.middle_names as varchar), ''), coalesce(cast(r.surname as varchar), ''), coalesce(cast(r.date_of_birth as varchar), ''), coalesce(cast(r.nino as varchar), ''), coalesce(cast(r.name as varchar), ''), coalesce(cast(r.company_number as varchar), ''), coalesce(cast(r.vat_number as varchar), ''), coalesce(cast(r.charity_number as varchar), ''), coalesce(cast(r.account as varchar), ''), coalesce(cast(r.address as varchar), ''), coalesce(cast(r.postcode as varchar), ''), coalesce(cast(r.uprn as varchar), ''), coalesce(cast(r.first_paid as varchar), ''), coalesce(cast(r.lines as varchar), ''), coalesce(cast(r.name_as_sent as varchar), ''), coalesce(cast(r.total as varchar), ''))), 1, 32) as fingerprint,
        'PS02-' || translate(to_base(cast('0x' || substr(sha256(concat_ws(chr(31), 'PS02', least(concat_ws('|', l.partner, 'PSP', l.cluster_id), concat_ws('|', r.partner, 'PSP', r.cluster_id)), greatest(concat_ws('|', l.partner, 'PSP', l.cluster_id), concat_ws('|', r.partner, 'PSP', r.cluster_id)))), 1, 13) as bigint) >> 2, 32, 10), '0123456789ABCDEFGHIJKLMNOPQRSTUV', '0123456789ABCDEFGHJKMNPQRSTVWXYZ') as exception_id,
        concat_ws(chr(31), concat_ws('|', l.partner, 'PSP', l.cluster_id), concat_ws('|', r.partner, 'PSP', r.cluster_id)) as collapse_key,
        k.lines as lines
    from oriented_link k
    join left_side l on l.record = k.record_a
    join right_side r on r.record = k.record_b
    where l.partner <> r.partner and (l.partner, l.dataset, l.record_ref, l.record) < (r.partner, r.dataset, r.record_ref, r.record)
        and (not same_text(l.name_as_sent, r.name_as_sent))
),
ranked_pair as (
    select *, row_number() over (
        same_case order by suppressor is not null, tier nulls last, match_probability desc nulls last,
            match_weight desc nulls last, partner_l, record_ref_l, party_l, partner_r, record_ref_r, party_r, record_l, record_r
    ) as place,
    count(*) over same_case as hits,
    bool_or(own_protected_l) over same_case as protected_l, bool_or(own_protected_r) over same_case as protected_r
    from party_pair
    window same_case as (partition by collapse_key)
)
select exception_id, fingerprint, band, tier, match_weight, match_probability, suppressor, partner_l, dataset_l, record_ref_l, party_l, partner_r, dataset_r, record_ref_r, party_r, record_l, record_r, owner, value_pence, details_own_l, details_shared_l, details_own_r, details_shared_r, reason, hits, protected_l, protected_r
from ranked_pair
where place = 1
order by exception_id
