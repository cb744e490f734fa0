"""A rule as SQL: from linked rows to reasons to look, one statement a rule. Text only; nothing is run here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matchers.rule_sides import party_dataset
from matchers.rule_words import details_sql, sentence_sql
from schemas.contract import Visibility
from schemas.datasets import CONTRACTS
from schemas.records import RECORD
from schemas.rule import ANY, Rule

TOP_PROBABILITY = 0.99  # a T2 link at or above it is as good as one resting on a National Insurance number
NAMES_ALIKE = 0.92  # Jaro-Winkler; companies of one group that share a first word stay below, "and Sons" stays above

# What rules may call beside DuckDB's own functions. Both days of a period count, so 1 to 10 May is ten days.
MACROS = (
    """create macro overlap_days(start_1, end_1, start_2, end_2, until) as
    case when start_1 is null or start_2 is null then null
    else greatest(0, least(end_1, end_2, until) - greatest(start_1, start_2) + 1) end""",
    """create macro live_on(first_day, last_day, day) as
    case when first_day is null then null else first_day <= day and coalesce(last_day >= day, true) end""",
    "create macro same_text(one, other) as regexp_replace(lower(one), '[^a-z0-9]', '', 'g') = regexp_replace(lower(other), '[^a-z0-9]', '', 'g')",
    f"create macro names_alike(one, other) as jaro_winkler_similarity(one, other) >= {NAMES_ALIKE}",
    "create macro pounds(pence) as case when pence < 0 then '-' else '' end || '£' || format('{:,}', abs(pence) // 100)"
    " || '.' || lpad(cast(abs(pence) % 100 as varchar), 2, '0')",
)

# Compared values; when one of them changes, a decision taken before is worth another look.
COMPARED = (
    "forename", "middle_names", "surname", "date_of_birth", "nino", "name", "company_number", "vat_number",
    "charity_number", "account", "address", "postcode", "uprn",
)
# They move every night or every month, whatever becomes of the case.
VOLATILE = frozenset({"as_of", "as_of_date", "last_paid_date", "last_paid", "gross_pay_to_date", "record"})

_ACTING = re.compile(r"(?<![.\w])o\.")


def rule_sql(rule: Rule) -> str:
    """Return the query for one row per exception of this rule, `$run_date` being the night.

    The links are turned both ways, so that each side may stand left; a symmetric rule then keeps the pair whose
    left row has the smaller key. Both sides are reached through the link only, so the work grows with the number
    of links and never with the product of the two datasets.
    """
    pair = f"select {_columns(rule)}\n{_joined(rule)}\nwhere {_who(rule)}\n    and ({rule.when})"
    return f"""
with {_sides(rule)},
{_links(rule)},
party_pair as (
{_indent(pair)}
),
ranked_pair as (
    select *, {_over(rule)}
    from party_pair
    window same_case as (partition by collapse_key)
)
select {", ".join(EXCEPTION_COLUMNS)}
from ranked_pair
where place = 1
order by exception_id
""".strip()


def expressions_sql(rule: Rule, expressions: Sequence[str]) -> str:
    """Return the query for some expressions of the rule over every pair, so that their types can be looked at."""
    answers = ", ".join(f"({_ACTING.sub('l.', text)}) as answer_{n}" for n, text in enumerate(expressions))
    return f"with {_sides(rule)},\n{_links(rule)}\nselect {answers}\n{_joined(rule)}"


EXCEPTION_COLUMNS = (
    "exception_id", "fingerprint", "band", "tier", "match_weight", "match_probability", "suppressor",
    "partner_l", "dataset_l", "record_ref_l", "party_l", "partner_r", "dataset_r", "record_ref_r", "party_r",
    "record_l", "record_r", "owner", "value_pence", "details_own_l", "details_shared_l", "details_own_r",
    "details_shared_r", "reason", "hits", "protected_l", "protected_r",
)


def _sides(rule: Rule) -> str:
    """Return the tables of both sides: rows of the dataset, or its parties with what the rule counts over their rows."""
    return ",\n".join(f"{name} as (\n{_indent(_side(rule, side))}\n)" for name, side in (("left_side", "l"), ("right_side", "r")))


def _side(rule: Rule, side: str) -> str:
    dataset = rule.dataset(side)
    same = "".join(f", ({expression}) as same_{n}" for n, expression in enumerate(rule.same, start=1))
    if rule.grain == "row":
        return f"select *{same}\nfrom side_{dataset.lower()}"
    if dataset == ANY:
        return f"select *{same}\nfrom party"
    totals = "".join(f", t.{name}" for name in rule.totals)
    sums = "".join(f", {expression} as {name}" for name, expression in rule.totals.items())
    return f"""
select p.*{totals}{same}
from party p
join (
    select partner as total_partner, party_ref as total_ref{sums}
    from payload_{dataset.lower()}
    group by partner, party_ref
) t on t.total_partner = p.partner and t.total_ref = p.record_ref
where p.dataset = '{party_dataset(CONTRACTS[dataset])}'
""".strip()


def _links(rule: Rule) -> str:
    """Return the table of pairs to look at, `k`, with the grace and the night beside each."""
    if rule.entity == "row":
        keys = ", ".join(f"same_{n}" for n in range(1, len(rule.same) + 1))
        known = " and ".join(f"same_{n} is not null" for n in range(1, len(rule.same) + 1))
        return f"""
numbered_line as (
    select partner, {keys}, record, record_ref,
        row_number() over (partition by partner, {keys} order by record_ref, record) as place,
        count(*) over (partition by partner, {keys}) as lines
    from left_side
    where {known} and kind is distinct from 'household'
),
line_pair as (
    select a.record as record_a, a.record_ref as record_ref_a, b.record as record_b, b.record_ref as record_ref_b,
        cast(null as varchar) as tier, cast(null as bigint) as match_weight, cast(null as double) as match_probability,
        cast(null as boolean) as same_address, cast(null as boolean) as two_people, a.lines, {rule.grace_days} as grace_days, cast($run_date as date) as run_date
    from numbered_line a
    join numbered_line b on b.partner = a.partner and {" and ".join(f"b.{k} = a.{k}" for k in keys.split(", "))} and b.place = 2
    where a.place = 1
)
""".strip()
    tiers = ", ".join(f"'{tier}'" for tier in rule.tiers)
    if rule.collapse == "cluster" and rule.entity in ("person", "organisation"):
        return _cluster_links(rule, tiers)
    both = "\n    union all\n".join(
        f"    select {a} as record_a, {b} as record_b, tier, match_weight, match_probability, same_address, two_people,"
        f"\n        cast(null as bigint) as lines, {rule.grace_days} as grace_days, cast($run_date as date) as run_date"
        f"\n    from link_fact\n    where entity = '{rule.entity}' and tier in ({tiers})"
        for a, b in (("record_l", "record_r"), ("record_r", "record_l"))
    )
    return f"oriented_link as (\n{both}\n)"


def _cluster_links(rule: Rule, tiers: str) -> str:
    """Return the pairs of records within one cluster, whether they were compared with each other or not.

    A pair without a link of its own is as sure as the weaker of the two records' best links inside the cluster.
    """
    return f"""
best_link as (
    select c.cluster_id, c.record, min(k.tier) as tier, max(k.match_weight) as match_weight, max(k.match_probability) as match_probability
    from clusters c
    join (
        select record_l as record, record_r as other, tier, match_weight, match_probability from link_fact where entity = '{rule.entity}'
        union all
        select record_r, record_l, tier, match_weight, match_probability from link_fact where entity = '{rule.entity}'
    ) k on k.record = c.record
    join clusters d on d.record = k.other and d.entity = c.entity and d.cluster_id = c.cluster_id
    where c.entity = '{rule.entity}' and k.tier in ({tiers})
    group by c.cluster_id, c.record
),
oriented_link as (
    select a.record as record_a, b.record as record_b, coalesce(k.tier, greatest(a.tier, b.tier)) as tier,
        coalesce(k.match_weight, least(a.match_weight, b.match_weight)) as match_weight,
        coalesce(k.match_probability, least(a.match_probability, b.match_probability)) as match_probability,
        k.same_address, k.two_people, cast(null as bigint) as lines, {rule.grace_days} as grace_days, cast($run_date as date) as run_date
    from best_link a
    join best_link b on b.cluster_id = a.cluster_id and b.record <> a.record
    left join link_fact k
        on k.entity = '{rule.entity}' and k.tier in ({tiers})
        and k.record_l = least(a.record, b.record) and k.record_r = greatest(a.record, b.record)
    where a.record in (select record from left_side) and b.record in (select record from right_side)
)
""".strip()


def _joined(rule: Rule) -> str:
    """Return the join of both sides through the link, or of the two lines that stand for their group."""
    if rule.entity == "row":
        return (
            "from line_pair k\njoin left_side l on l.record = k.record_a and l.record_ref = k.record_ref_a"
            "\njoin right_side r on r.record = k.record_b and r.record_ref = k.record_ref_b"
        )
    return f"from oriented_link k\njoin left_side l on l.record = k.record_a\njoin right_side r on r.record = k.record_b{_same(rule)}"


def _same(rule: Rule) -> str:
    return "".join(f" and l.same_{n} = r.same_{n}" for n in range(1, len(rule.same) + 1))


def _who(rule: Rule) -> str:
    """Return the condition on who the two sides are: authorities, and each pair once."""
    scope = {"across": "l.partner <> r.partner", "within": "l.partner = r.partner", "both": "true"}[rule.scope]
    key = "({0}.partner, {0}.dataset, {0}.record_ref, {0}.record)" if rule.grain == "party" else "({0}.partner, {0}.dataset, {0}.record_ref)"
    if rule.symmetric:
        return f"{scope} and {key.format('l')} < {key.format('r')}"
    if rule.left == rule.right:
        return f"{scope} and {key.format('l')} <> {key.format('r')}"
    return scope


def _columns(rule: Rule) -> str:
    """Return the columns of one party pair: who, how sure, what it says and what it may be worth."""
    exact = "".join(f"\n        when ({s.when}) then '{s.code}'" for s in rule.suppressor)
    columns = {
        **{f"{name}_{side}": f"{side}.{name}" for side in "lr" for name in ("partner", "record_ref", "party", "record")},
        **{f"dataset_{side}": _dataset_sql(rule, side) for side in "lr"},
        **{f"own_protected_{side}": f"{side}.protected" for side in "lr"},
        "tier": "k.tier", "match_weight": "k.match_weight", "match_probability": "k.match_probability",
        "band": band_sql(rule),
        "suppressor": f"case{exact}\n    end" if exact else "cast(null as varchar)",
        "owner": owner_sql(rule),
        "value_pence": value_sql(rule),
        **{
            f"details_{who}_{side}": details_sql(rule, side, visibility)
            for side in "lr" for who, visibility in (("own", Visibility.OWN_SIDE), ("shared", Visibility.SHARED))
        },
        "reason": sentence_sql(rule),
        "fingerprint": fingerprint_sql(rule),
        "exception_id": exception_id_sql(rule),
        "collapse_key": _collapse_key(rule),
        "lines": "k.lines",
    }
    return ",\n    ".join(f"{expression} as {name}" for name, expression in columns.items())


def _over(rule: Rule) -> str:
    """Return the ranking that lets one pair of parties stand for all pairs of the same exception.

    A pair that no innocent cause explains comes first, then the surest link; protection of any pair holds for all.
    """
    hits = "any_value(lines) over same_case" if rule.entity == "row" else "count(*) over same_case"
    return f"""row_number() over (
        same_case order by suppressor is not null, tier nulls last, match_probability desc nulls last,
            match_weight desc nulls last, partner_l, record_ref_l, party_l, partner_r, record_ref_r, party_r, record_l, record_r
    ) as place,
    {hits} as hits,
    bool_or(own_protected_l) over same_case as protected_l, bool_or(own_protected_r) over same_case as protected_r"""


def band_sql(rule: Rule) -> str:
    """Return the expression for top, middle or low: how sure we are that both sides are the same.

    Top: T1, or T2 at `TOP_PROBABILITY` or more; and lines of one supplier of one council, where nobody has to be
    identified. Middle: other T2, T3, and an equal account or National Insurance number, which is a fact
    in itself but does not say who is behind it. Low: the same address only.
    """
    if rule.entity == "row":
        return "'top'"
    if rule.entity in ("account", "nino"):
        return "'middle'"
    return (
        f"case when k.tier = 'T1' or (k.tier = 'T2' and k.match_probability >= {TOP_PROBABILITY}) then 'top'"
        " when k.tier in ('T2', 'T3') then 'middle' else 'low' end"
    )


def owner_sql(rule: Rule) -> str:
    """Return the expression for the partner that acts first.

    Where one side is protected, its own partner is the only one that hears of it, so it acts.
    """
    side = f"'{rule.owner}'" if rule.owner in ("left", "right") else f"({rule.owner})"
    return (
        "case when l.protected and not r.protected then l.partner when r.protected and not l.protected then r.partner"
        f" when {side} = 'right' then r.partner else l.partner end"
    )


def value_sql(rule: Rule) -> str:
    """Return the expression for the estimate in pence; `o` is the side that the rule lets act first."""
    if not rule.value.pence:
        return "cast(null as bigint)"
    left, right = (f"({_ACTING.sub(f'{side}.', rule.value.pence)})" for side in "lr")
    if left == right or rule.owner == "left":
        return f"cast({left} as bigint)"
    if rule.owner == "right":
        return f"cast({right} as bigint)"
    return f"cast(case when ({rule.owner}) = 'right' then {right} else {left} end as bigint)"


def fingerprint_sql(rule: Rule) -> str:
    """Return the expression for a digest of what was compared; it changes when one of those values does."""
    parts = ["k.tier", *(f"{side}.{name}" for side in "lr" for name in _fingerprinted(rule, side))]
    texts = ", ".join(f"coalesce(cast({part} as varchar), '')" for part in parts)
    return f"substr(sha256(concat_ws(chr(31), {texts})), 1, 32)"


def _fingerprinted(rule: Rule, side: str) -> list[str]:
    rules_words = [*rule.shown(side), *re.findall(rf"\b{side}\.(\w+)", " ".join([rule.when, *(s.when for s in rule.suppressor)]))]
    names = sorted({*rules_words} - {"partner", "dataset", "record_ref", "cluster_id", "address_id", "party", "protected"} - VOLATILE)
    return [*COMPARED, *(name for name in names if name not in RECORD.columns or name not in COMPARED)]


def exception_id_sql(rule: Rule) -> str:
    """Return the expression for the exception's name: the rule and ten digits made from both references.

    Fifty bits of SHA-256 in Crockford's base 32, which has no I, L, O or U to misread. A symmetric rule sorts the two
    references first; another one keeps them in order, because its sides have different parts to play.
    """
    one, other = (_case_reference(rule, side) for side in "lr")
    if rule.symmetric:
        one, other = f"least({one}, {other})", f"greatest({one}, {other})"
    number = f"cast('0x' || substr(sha256(concat_ws(chr(31), '{rule.id}', {one}, {other})), 1, 13) as bigint) >> 2"
    return f"'{rule.id}-' || translate(to_base({number}, 32, 10), '0123456789ABCDEFGHIJKLMNOPQRSTUV', '0123456789ABCDEFGHJKMNPQRSTVWXYZ')"


def _case_reference(rule: Rule, side: str) -> str:
    if rule.collapse == "left" and side == "r":
        return f"concat_ws('|', r.partner, {_dataset_sql(rule, side)})"
    name = "cluster_id" if rule.collapse == "cluster" else "record_ref"
    dataset = f"'{ANY}'" if rule.collapse == "cluster" and rule.dataset(side) == ANY else _dataset_sql(rule, side)
    return f"concat_ws('|', {side}.partner, {dataset}, {side}.{name})"


def _dataset_sql(rule: Rule, side: str) -> str:
    return f"{side}.dataset" if rule.dataset(side) == ANY else f"'{rule.dataset(side)}'"


def _collapse_key(rule: Rule) -> str:
    return f"concat_ws(chr(31), {_case_reference(rule, 'l')}, {_case_reference(rule, 'r')})"


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
