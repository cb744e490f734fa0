"""The invented population is the same for the same seed, has the shape and the errors it states, and belongs to nobody."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks import population_errors, population_homes, population_people
from benchmarks.population import COLUMNS, population, true_records
from benchmarks.population_names import FEMALE, MALE, NICKNAMES, feminine, forenames, streets, surnames

RECORDS = 20_000


@pytest.fixture(scope="module")
def made() -> pl.DataFrame:
    return population(RECORDS, seed=7)


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    return true_records(RECORDS, np.random.Generator(np.random.PCG64(7)))


@pytest.fixture(scope="module")
def keyed(truth: pl.DataFrame) -> pl.DataFrame:
    return population_errors.with_errors(truth, np.random.Generator(np.random.PCG64(8)))


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    rng = np.random.Generator(np.random.PCG64(7))
    names = population_people.Names(forenames(), surnames())
    lived = population_people.households(20_000, names, rng)
    return population_people.people(lived, names, rng).join(lived.select("household", "kin"), on="household", maintain_order="left")


def share(mask: pl.Series) -> float:
    return float(mask.fill_null(False).mean())  # type: ignore[arg-type]


# ---- what comes out


def test_same_seed_same_bytes(made: pl.DataFrame) -> None:
    assert population(RECORDS, seed=7).write_ipc(None).getvalue() == made.write_ipc(None).getvalue()
    assert not population(RECORDS, seed=8).equals(made)


def test_columns_are_texts_but_for_the_truth(made: pl.DataFrame) -> None:
    assert made.schema == pl.Schema(dict.fromkeys(COLUMNS, pl.String) | {"person": pl.Int64, "home": pl.Int64})


def test_references_are_unique_and_rows_in_no_order_of_the_truth(made: pl.DataFrame) -> None:
    assert made["record_ref"].n_unique() == made.height == RECORDS
    assert abs(np.corrcoef(np.arange(RECORDS), made["person"].to_numpy())[0, 1]) < 0.03
    assert abs(np.corrcoef(np.arange(RECORDS), made["home"].to_numpy())[0, 1]) < 0.03


@pytest.mark.parametrize(
    ("column", "form"),
    [
        ("nino", r"^QQ\d{6}[A-D]$"),
        ("postcode", r"^ZZ\d{1,2} \d[ABD-HJLNP-UW-Z]{2}$"),
        ("phone", r"^07700 900\d{3}$"),
        ("email", r"^[a-z]+\.[a-z]+\d{0,2}@example\.org$"),
        ("date_of_birth", r"^(19|20)\d\d-((0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]|XX)|XX-XX)$"),
        ("record_ref", r"^R\d{8}$"),
        ("address", r"^(FLAT \d+ )?[0-9A-Z ]+$"),
    ],
)
def test_values_have_the_form_of_ranges_that_belong_to_nobody(made: pl.DataFrame, column: str, form: str) -> None:
    held = made[column].drop_nulls()
    assert len(held) > 1000
    assert held.filter(~held.str.contains(form)).to_list() == []


def test_six_councils_hold_the_records(made: pl.DataFrame) -> None:
    assert set(made["partner"]) == set(population_homes.COUNCILS)
    assert len(population_homes.COUNCILS) == 6


@pytest.mark.parametrize("records", [1, 2, 50, 333])
def test_every_size_gives_that_many_rows(records: int) -> None:
    assert [population(records, seed=seed).height for seed in range(3)] == [records] * 3


def test_a_size_beyond_the_postcodes_is_refused() -> None:
    with pytest.raises(ValueError, match="records: 0 rows"):
        population(0, seed=7)


# ---- people and their records


def test_a_person_has_one_to_six_records_and_most_records_have_company(truth: pl.DataFrame) -> None:
    counts = truth["person"].value_counts()["count"]
    assert (counts.min(), counts.max()) == (1, 6)
    assert counts.mean() == pytest.approx(1.7, abs=0.05)
    assert counts.filter(counts > 1).sum() / RECORDS == pytest.approx(0.6, abs=0.03)


def test_the_truth_holds_one_birth_date_and_nino_for_a_person(truth: pl.DataFrame) -> None:
    each = truth.group_by("person").agg(pl.col("date_of_birth", "nino", "forename").n_unique())
    assert each.select(pl.col("date_of_birth", "nino", "forename").max()).row(0) == (1, 1, 1)
    owners = truth.drop_nulls("nino").group_by("nino").agg(pl.col("person").n_unique())
    assert owners["person"].max() == 1


def test_nobody_under_sixteen_has_a_nino(truth: pl.DataFrame) -> None:
    assert truth.filter(pl.col("date_of_birth") > "2010-11-02")["nino"].null_count() == truth.filter(pl.col("date_of_birth") > "2010-11-02").height > 100
    assert truth.filter(pl.col("date_of_birth") < "2010-10-30")["nino"].null_count() == 0


def test_one_in_eight_with_several_records_has_two_homes_and_nobody_three(truth: pl.DataFrame) -> None:
    several = truth.group_by("person").agg(pl.col("home").n_unique(), pl.len()).filter(pl.col("len") > 1)
    assert share(several["home"] == 2) == pytest.approx(0.125, abs=0.025)
    assert several["home"].max() == 2


def test_four_percent_of_women_have_records_under_two_surnames(truth: pl.DataFrame) -> None:
    each = truth.group_by("person").agg(pl.col("surname").n_unique())
    assert each["surname"].max() == 2
    assert share(each["surname"] == 2) == pytest.approx(0.04 / 2, abs=0.004)  # every second person is a woman


def test_smith_is_the_commonest_and_the_tail_is_long(truth: pl.DataFrame) -> None:
    counts = truth["surname"].value_counts(sort=True)
    assert counts["surname"][0] == "SMITH"
    assert counts["count"][0] / RECORDS == pytest.approx(0.013, abs=0.004)
    assert counts.height > RECORDS / 5


def test_twins_share_the_birth_date_and_not_the_forename(people: pl.DataFrame) -> None:
    children = people.filter(pl.col("role") == population_people.CHILD)
    births = children.group_by("household", "born").agg(pl.len(), pl.col("forename").n_unique(), pl.col("surname").n_unique())
    twins = births.filter(pl.col("len") == 2)
    assert twins.height / births.height == pytest.approx(0.015, abs=0.005)
    assert share(twins["surname"] == 1) == 1
    assert share(twins["forename"] == 2) == 1


def test_grown_twins_live_in_households_of_their_own(people: pl.DataFrame) -> None:
    heads = people.filter(pl.col("role") == population_people.HEAD)
    at = np.flatnonzero(heads["kin"].to_numpy() == population_people.TWIN_OF_PREVIOUS)
    assert len(at) > 100
    for column, same in (("born", True), ("maiden", True), ("forename", False), ("household", False)):
        values = heads[column].to_numpy()
        assert ((values[at] == values[at - 1]) == same).all(), column


def test_three_percent_of_sons_bear_their_fathers_name(people: pl.DataFrame) -> None:
    fathers = people.filter((pl.col("role") == population_people.HEAD) & (pl.col("sex") == MALE)).select("household", father="forename", family="surname")
    sons = people.filter((pl.col("role") == population_people.CHILD) & (pl.col("sex") == MALE)).join(fathers, on="household")
    assert share((sons["forename"] == sons["father"]) & (sons["surname"] == sons["family"])) == pytest.approx(0.03, abs=0.01)


def test_most_wives_bear_their_husbands_surname_and_some_do_not(people: pl.DataFrame) -> None:
    husbands = people.filter((pl.col("role") == population_people.HEAD) & (pl.col("sex") == MALE)).select("household", family="surname")
    wives = people.filter((pl.col("role") == population_people.PARTNER) & (pl.col("sex") == FEMALE)).join(husbands, on="household")
    assert 0.6 < share(wives["surname"] == wives["family"]) < 0.8


def test_ages_run_from_birth_to_95(people: pl.DataFrame) -> None:
    ages = population_people.years(people["born"].to_numpy())
    assert (ages.min(), ages.max()) == (0, 95)
    assert np.bincount(ages // 20)[:4].min() > 0.15 * len(ages)


def test_groups_cluster_by_district_and_a_postcode_holds_about_fifteen_homes() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    group = (rng.random(100_000) < 0.05).astype(int)
    places, home = population_homes.homes(group, np.zeros(len(group), dtype=bool), rng)
    lived = places[home.astype(np.uint32)].with_columns(pl.Series("group", group), district=pl.col("postcode").str.extract(r"^(\S+)"))
    shares = lived.group_by("district").agg(pl.col("group").mean())["group"]
    assert len(set(home)) == len(group)
    assert shares.min() < 0.02 < 0.1 < shares.max()  # type: ignore[operator]
    assert places.group_by("postcode").len()["len"].median() == 15
    assert len(set(places["address"].str.extract(r"\d ([^\d]+)$").drop_nulls())) <= len(streets().texts)


# ---- errors


@pytest.mark.parametrize(("column", "rate"), [("forename", 0.05), ("surname", 0.04), ("address", 0.06), ("postcode", 0.04), ("date_of_birth", 0.04)])
def test_about_as_many_values_are_wrong_as_stated(truth: pl.DataFrame, keyed: pl.DataFrame, column: str, rate: float) -> None:
    """Of birth dates 3 % are wrong and 1 % partly known."""
    assert share(keyed[column] != truth[column]) == pytest.approx(rate, abs=0.008)


def test_three_percent_of_the_ninos_held_are_wrong(truth: pl.DataFrame, keyed: pl.DataFrame) -> None:
    wrong = (keyed["nino"] != truth["nino"]).drop_nulls()
    assert share(wrong) == pytest.approx(0.03, abs=0.005)


@pytest.mark.parametrize(("column", "missing"), list(population_errors.MISSING.items()))
def test_as_many_values_are_missing_as_stated(made: pl.DataFrame, column: str, missing: float) -> None:
    assert made[column].null_count() / RECORDS == pytest.approx(missing, abs=0.012 if missing > 0.1 else 0.004)


def test_partly_known_birth_dates_are_one_percent(made: pl.DataFrame) -> None:
    assert share(made["date_of_birth"].str.contains("XX")) == pytest.approx(0.01, abs=0.003)


def test_wrong_birth_dates_are_still_dates_of_the_calendar(keyed: pl.DataFrame) -> None:
    whole = keyed["date_of_birth"].filter(~keyed["date_of_birth"].str.contains("XX"))
    assert whole.str.to_date("%Y-%m-%d", strict=False).null_count() == 0
    assert whole.max() < "2027"  # type: ignore[operator]


def test_nicknames_stand_for_three_percent_of_those_that_have_one(truth: pl.DataFrame, keyed: pl.DataFrame) -> None:
    able = truth["forename"].is_in(list(NICKNAMES))
    pairs = zip(truth["forename"].filter(able), keyed["forename"].filter(able), strict=True)
    assert np.mean([after in NICKNAMES[before].split() for before, after in pairs]) == pytest.approx(0.03, abs=0.008)


def test_forename_and_surname_are_swapped_now_and_then(truth: pl.DataFrame, keyed: pl.DataFrame) -> None:
    swapped = (keyed["forename"] == truth["surname"]) & (keyed["surname"] == truth["forename"]) & (truth["surname"] != truth["forename"])
    assert share(swapped) == pytest.approx(0.004, abs=0.002)


def test_a_slip_changes_every_word_and_no_space() -> None:
    words = pl.Series(["A", "LI", "ANNE", "OSBORNE", "MILL ROAD"] * 400)
    wrong = population_errors.slips(words, np.random.Generator(np.random.PCG64(1)))
    assert not (wrong == words).any()
    assert wrong.str.len_chars().min() == 1
    whole = wrong.gather_every(5, 4)
    assert share(whole.str.contains(" ")) == 1


def test_surnames_of_women_take_their_form() -> None:
    assert feminine(pl.Series(["KOWALSKI", "NOWICKI", "SINGH", "SMITH"])).to_list() == ["KOWALSKA", "NOWICKA", "KAUR", "SMITH"]


# ---- stress


def test_default_dates_replace_that_share_and_leave_the_rest(made: pl.DataFrame) -> None:
    bad = population(RECORDS, seed=7, default_dates=0.2)
    assert share(bad["date_of_birth"] == "1900-01-01") == pytest.approx(0.2, abs=0.01)
    others = [name for name in COLUMNS if name != "date_of_birth"]
    assert bad.select(others).equals(made.select(others))


def test_one_surname_belongs_to_people_not_rows(made: pl.DataFrame) -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    each = true_records(RECORDS, rng, one_surname=0.3).group_by("person").agg((pl.col("surname") == "SMITH").mean().alias("smith"))
    assert share(each["smith"] == 1) == pytest.approx(0.31, abs=0.015)
    assert each.filter(pl.col("smith").is_between(0, 1, closed="none")).height < 10  # women who are SMITH by marriage
    bad = population(RECORDS, seed=7, one_surname=0.3)
    others = [name for name in COLUMNS if name not in ("forename", "surname", "email")]
    assert bad.select(others).equals(made.select(others))
