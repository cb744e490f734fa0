"""Which rules can judge people whose names stayed at home."""

from __future__ import annotations

from matchers.coverage import coverage
from schemas.rule import load_rules

RULES = {rule.key: rule for rule in load_rules()}


def line(key: str, **disclosures: str) -> dict[str, str]:
    sent = {("northmere", dataset): way for dataset, way in disclosures.items()}
    return coverage([RULES[key]], sent).row(0, named=True)


def test_a_rule_that_reads_no_identity_runs() -> None:
    assert line("CT03 CTX-CTX", CTX="pseudonymised")["state"] == "runs"


def test_a_rule_whose_innocent_cause_reads_a_name_holds_back_less() -> None:
    found = line("TC02 CRS-CRS", CRS="pseudonymised")
    assert found["state"] == "runs, and holds back less"
    assert found["reads"] == "company_number, name, vat_number"
    assert found["suppressors"] == "GROUP, SAME-COMPANY"


def test_in_clear_every_rule_runs() -> None:
    assert line("TC02 CRS-CRS", CRS="clear")["state"] == "runs"
    assert line("TC02 CRS-CRS", CRS="clear")["reads"] == ""


def test_what_the_link_says_instead_lets_a_rule_run() -> None:
    assert line("ID01 ANY-ANY", PAY="pseudonymised")["state"] == "runs"


def test_a_condition_on_names_cannot_be_judged() -> None:
    rule = RULES["ID01 ANY-ANY"].model_copy(update={"when": "l.surname <> r.surname and l.nino = 'surname'"})
    found = coverage([rule], {("northmere", "PAY"): "pseudonymised"}).row(0, named=True)
    assert (found["state"], found["reads"]) == ("cannot judge people", "nino, surname")


def test_a_dataset_nobody_sent_is_said() -> None:
    assert line("CT03 CTX-CTX", PAY="clear") == {"rule_key": "CT03 CTX-CTX", "identity": "not sent", "state": "nothing was sent", "reads": "", "suppressors": ""}


def test_payments_rest_on_the_standing_data_of_their_suppliers() -> None:
    assert line("TC07 CRP-CRP", CRS="pseudonymised", CRP="pseudonymised")["identity"] == "pseudonymised"
    assert line("TC07 CRP-CRP", CRS="pseudonymised", CRP="clear")["identity"] == "both"
