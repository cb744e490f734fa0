with left_side as (
    select *
    from side_ten
),
right_side as (
    select *
    from side_ten
),
oriented_link as (
    select record_l as record_a, record_r as record_b, tier, match_weight, match_probability, same_address, two_people,
        cast(null as bigint) as lines, 28 as grace_days, cast($run_date as date) as run_date
    from link_fact
    where entity = 'person' and tier in ('T1', 'T2')
    union all
    select record_r as record_a, record_l as record_b, tier, match_weight, match_probability, same_address, two_people,
        cast(null as bigint) as lines, 28 as grace_days, cast($run_date as date) as run_date
    from link_fact
    where entity = 'person' and tier in ('T1', 'T2')
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
        'TEN' as dataset_l,
        'TEN' as dataset_r,
        l.protected as own_protected_l,
        r.protected as own_protected_r,
        k.tier as tier,
        k.match_weight as match_weight,
        k.match_probability as match_probability,
        case when k.tier = 'T1' or (k.tier = 'T2' and k.match_probability >= 0.99) then 'top' when k.tier in ('T2', 'T3') then 'middle' else 'low' end as band,
        case
            when (k.same_address) then 'SAME-ADDRESS'
            when (l.tenancy_type = 'TEMP' or r.tenancy_type = 'TEMP') then 'TEMPORARY'
            when (l.tenancy_type in ('GAR', 'SUPP') or r.tenancy_type in ('GAR', 'SUPP')) then 'NOT-A-HOME'
            when (l.tenants > 1 or r.tenants > 1 or l.tenant_flag = 'O' or r.tenant_flag = 'O') then 'JOINT-TENANT'
        end as suppressor,
        case when l.protected and not r.protected then l.partner when r.protected and not l.protected then r.partner when (case when l.tenancy_start <= r.tenancy_start then 'left' else 'right' end) = 'right' then r.partner else l.partner end as owner,
        cast(null as bigint) as value_pence,
        concat_ws('; ', 'tenancy ref: ' || cast(l.tenancy_ref as varchar), 'rent ref: ' || cast(l.rent_ref as varchar), 'tenant flag: ' || case l.tenant_flag when 'F' then 'first or joint tenant' when 'O' then 'other named tenant' else l.tenant_flag end) as details_own_l,
        concat_ws('; ', 'tenancy start: ' || strftime(l.tenancy_start, '%-d %B %Y'), 'tenancy end: ' || strftime(l.tenancy_end, '%-d %B %Y'), 'tenancy type: ' || case l.tenancy_type when 'SEC' then 'secure or assured' when 'INT' then 'introductory or starter' when 'FIX' then 'fixed term' when 'TEMP' then 'temporary or decant' when 'SUPP' then 'supported' when 'GAR' then 'garage' else l.tenancy_type end, 'landlord id: ' || cast(l.landlord_id as varchar)) as details_shared_l,
        concat_ws('; ', 'tenancy ref: ' || cast(r.tenancy_ref as varchar), 'rent ref: ' || cast(r.rent_ref as varchar), 'tenant flag: ' || case r.tenant_flag when 'F' then 'first or joint tenant' when 'O' then 'other named tenant' else r.tenant_flag end) as details_own_r,
        concat_ws('; ', 'tenancy start: ' || strftime(r.tenancy_start, '%-d %B %Y'), 'tenancy end: ' || strftime(r.tenancy_end, '%-d %B %Y'), 'tenancy type: ' || case r.tenancy_type when 'SEC' then 'secure or assured' when 'INT' then 'introductory or starter' when 'FIX' then 'fixed term' when 'TEMP' then 'temporary or decant' when 'SUPP' then 'supported' when 'GAR' then 'garage' else r.tenancy_type end, 'landlord id: ' || cast(r.landlord_id as varchar)) as details_shared_r,
        concat('A tenancy of ', coalesce(cast(l.landlord_id as varchar), 'a landlord'), ' in ', coalesce(cast(l.partner as varchar), 'not known'), ' runs from ', coalesce(strftime(l.tenancy_start, '%-d %B %Y'), 'not known'), ' to ', coalesce(strftime(l.tenancy_end, '%-d %B %Y'), 'today'), ', one of ', coalesce(cast(r.landlord_id as varchar), 'a landlord'), ' in ', coalesce(cast(r.partner as varchar), 'not known'), ' from ', coalesce(strftime(r.tenancy_start, '%-d %B %Y'), 'not known'), ' to ', coalesce(strftime(r.tenancy_end, '%-d %B %Y'), 'today'), ', and both name the same tenant.') as reason,
        substr(sha256(concat_ws(chr(31), coalesce(cast(k.tier as varchar), ''), coalesce(cast(l.forename as varchar), ''), coalesce(cast(l.middle_names as varchar), ''), coalesce(cast(l.surname as varchar), ''), coalesce(cast(l.date_of_birth as varchar), ''), coalesce(cast(l.nino as varchar), ''), coalesce(cast(l.name as varchar), ''), coalesce(cast(l.company_number as varchar), ''), coalesce(cast(l.vat_number as varchar), ''), coalesce(cast(l.charity_number as varchar), ''), coalesce(cast(l.account as varchar), ''), coalesce(cast(l.address as varchar), ''), coalesce(cast(l.postcode as varchar), ''), coalesce(cast(l.uprn as varchar), ''), coalesce(cast(l.landlord_id as varchar), ''), coalesce(cast(l.rent_ref as varchar), ''), coalesce(cast(l.tenancy_end as varchar), ''), coalesce(cast(l.tenancy_ref as varchar), ''), coalesce(cast(l.tenancy_start as varchar), ''), coalesce(cast(l.tenancy_type as varchar), ''), coalesce(cast(l.tenant_flag as varchar), ''), coalesce(cast(l.tenants as varchar), ''), coalesce(cast(r.forename as varchar), ''), coalesce(cast(r.middle_names as varchar), ''), coalesce(cast(r.surname as varchar), ''), coalesce(cast(r.date_of_birth as varchar), ''), coalesce(cast(r.nino as varchar), ''), coalesce(cast(r.name as varchar), ''), coalesce(cast(r.company_number as varchar), ''), coalesce(cast(r.vat_number as varchar), ''), coalesce(cast(r.charity_number as varchar), ''), coalesce(cast(r.account as varchar), ''), coalesce(cast(r.address as varchar), ''), coalesce(cast(r.postcode as varchar), ''), coalesce(cast(r.uprn as varchar), ''), coalesce(cast(r.landlord_id as varchar), ''), coalesce(cast(r.rent_ref as varchar), ''), coalesce(cast(r.tenancy_end as varchar), ''), coalesce(cast(r.tenancy_ref as varchar), ''), coalesce(cast(r.tenancy_start as varchar), ''), coalesce(cast(r.tenancy_type as varchar), ''), coalesce(cast(r.tenant_flag as varchar), ''), coalesce(cast(r.tenants as varchar), ''))), 1, 32) as fingerprint,
        'HT01-' || translate(to_base(cast('0x' || substr(sha256(concat_ws(chr(31), 'HT01', least(concat_ws('|', l.partner, 'TEN', l.record_ref), concat_ws('|', r.partner, 'TEN', r.record_ref)), greatest(concat_ws('|', l.partner, 'TEN', l.record_ref), concat_ws('|', r.partner, 'TEN', r.record_ref)))), 1, 13) as bigint) >> 2, 32, 10), '0123456789ABCDEFGHIJKLMNOPQRSTUV', '0123456789ABCDEFGHJKMNPQRSTVWXYZ') as exception_id,
        concat_ws(chr(31), concat_ws('|', l.partner, 'TEN', l.record_ref), concat_ws('|', r.partner, 'TEN', r.record_ref)) as collapse_key,
        k.lines as lines
    from oriented_link k
    join left_side l on l.record = k.record_a
    join right_side r on r.record = k.record_b
    where l.partner <> r.partner and (l.partner, l.dataset, l.record_ref) < (r.partner, r.dataset, r.record_ref)
        and (overlap_days(l.tenancy_start, l.tenancy_end, r.tenancy_start, r.tenancy_end, run_date) > grace_days)
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
