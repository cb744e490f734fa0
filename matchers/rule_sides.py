"""The rows that rules see as `l` and `r`: an extract row with its party, its address and its cluster."""

from __future__ import annotations

from schemas.contract import Contract
from schemas.datasets import CONTRACTS
from schemas.records import RECORD, ROW_KEY, payload_shape

# Columns worked out from other rows of the same extract: name -> (DuckDB expression, description).
DERIVED: dict[str, dict[str, tuple[str, str]]] = {
    "TEN": {
        "tenants": ("count(*) over (partition by partner, tenancy_ref)", "Named tenants on the same tenancy."),
    },
    "CRP": {
        "credited": (
            "sum(sign(total_amount)) over (partition by partner, party_ref, supplier_invoice_no, abs(total_amount)) <= 0",
            "Credit notes cancel every line with this supplier, invoice number and amount.",
        ),
    },
    "PSP": {
        "credited": (
            "min(net_amount) over (partition by partner, party_ref, abs(net_amount)) < 0",
            "A refund of the same amount came from this supplier.",
        ),
        "transaction_lines": (
            "case when transaction_no is not null then count(*) over (partition by partner, transaction_no) end",
            "Lines published under this transaction number.",
        ),
    },
}

# What every party has beside the columns of RECORD.
PARTY_EXTRA = {
    "record": "Record number.",
    "address_id": "Cluster of the party's address.",
    "cluster_id": "Cluster of the person or organisation; its own reference where it stands alone.",
    "encoded": "Who it is stayed at home: no name of a person or of a company is known.",
    "previous_account": "Account in the delivery before, where it was another one.",
    "previous_as_of": "Day of that delivery.",
}
_OWN = tuple(name for name in RECORD.columns if name not in (*ROW_KEY, "protected"))


def party_sql() -> str:
    """Return the query for one row per party, with its clusters and its previous account.

    A party is protected where any record of the same person from the same partner is: the flag is set on a
    person, and must not be undone by an extract that forgot it. Of an encoded home nobody knows who is who, so there
    it protects everybody at the home.
    """
    own = ", ".join(f"r.{name}" for name in _OWN)
    return f"""
with party_cluster as (
    select r.partner, r.dataset, r.record_ref, {own}, r.record, coalesce(r.protected, false) as protected,
        coalesce(c.cluster_id, concat_ws('|', r.partner, r.dataset, r.record_ref, r.party)) as cluster_id
    from records r
    left join clusters c on c.record = r.record and c.entity = case r.kind when 'household' then 'address' else r.kind end
), protected_cluster as (
    select distinct partner, cluster_id from party_cluster where protected
)
select p.partner, p.dataset, p.record_ref, {", ".join(f"p.{name}" for name in _OWN)}, p.record, p.cluster_id,
    p.protected or s.partner is not null as protected, a.cluster_id as address_id,
    p.forename is null and p.surname is null and p.name is null as encoded,
    b.previous_account, b.previous_as_of
from party_cluster p
left join protected_cluster s on s.partner = p.partner and s.cluster_id = p.cluster_id
left join clusters a on a.record = p.record and a.entity = 'address'
left join previous_accounts b
    on b.partner = p.partner and b.dataset = p.dataset and b.record_ref = p.record_ref and b.party = p.party
""".strip()


def link_sql() -> str:
    """Return the query for one row per link that may issue, with what both addresses say.

    `same_address` is true where both stand in one address cluster or have one UPRN, false where postcode, house or
    flat are known and differ, and null where neither can be said; a house number and a house name may mean one
    house. Of encoded records the link itself says it. A link without a tier rests on names alone and is left out.
    """
    return """
select k.entity, k.record_l, k.record_r, k.tier, k.match_weight, k.match_probability, k.two_people,
    case
        when k.same_address is not null then k.same_address
        when a.address_id = b.address_id or a.uprn = b.uprn then true
        when a.postcode <> b.postcode or a.saon <> b.saon then false
        when a.paon <> b.paon and (a.paon[1] between '0' and '9') = (b.paon[1] between '0' and '9') then false
    end as same_address
from links k
join party a on a.record = k.record_l
join party b on b.record = k.record_r
where k.tier <> ''
""".strip()


def side_sql(contract: Contract) -> str:
    """Return the query for one row per extract row and party of a dataset.

    A row is found under its own reference (`record_ref`), its party under `party_ref`; a protected flag on
    either protects both. Payments carry the standing data of their supplier besides.
    """
    fields = [name for name in payload_shape(contract).columns if name not in (*ROW_KEY, "party_ref")]
    derived = DERIVED.get(contract.id, {})
    source = CONTRACTS[contract.party_from[0]] if contract.party_from else None
    borrowed = [f.name for f in source.payload_fields if f.name not in fields] if source else []
    columns = [f"row.{name}" for name in ("partner", "dataset", "record_ref", "party_ref", *fields, *derived)]
    columns += [f"p.{name}" for name in (*_OWN, *PARTY_EXTRA)] + [f"standing.{name}" for name in borrowed]
    flag = "coalesce(row.protected_flag, false)" if "protected_flag" in fields else "false"
    standing = ""
    if source:
        standing = (
            f"\nleft join payload_{source.id.lower()} standing"
            " on standing.partner = row.partner and standing.record_ref = row.party_ref"
        )
    measures = "".join(f",\n        {expression} as {name}" for name, (expression, _) in derived.items())
    return f"""
with extract_row as (
    select {", ".join(("partner", "dataset", "record_ref", "party_ref", *fields))}{measures}
    from payload_{contract.id.lower()}
)
select {", ".join(columns)}, p.protected or {flag} as protected
from extract_row row
join party p on p.partner = row.partner and p.dataset = '{party_dataset(contract)}' and p.record_ref = row.party_ref{standing}
""".strip()


def party_dataset(contract: Contract) -> str:
    """Return the dataset in which the parties of this dataset's rows are recorded."""
    return contract.party_from[0] if contract.party_from else contract.id
