"""The model's beliefs say what they mean, and fit the comparisons they are about."""

from __future__ import annotations

import pytest

from matchers.entities import ORGANISATION, PERSON, Entity
from matchers.situations import Situation, tellable

ENTITIES = pytest.mark.parametrize("entity", [PERSON, ORGANISATION], ids=lambda entity: entity.name)


@ENTITIES
def test_every_belief_names_a_field_and_has_one_probability_for_each_of_its_levels(entity: Entity) -> None:
    by_name = {c.name: c for c in entity.comparisons}
    for situation in entity.situations:
        for name, levels in situation.levels.items():
            if name in by_name:  # a field may be believed of before it is compared
                assert len(levels) == len(by_name[name].levels), (situation.name, name)
            assert sum(levels) == pytest.approx(1, abs=0.005), (situation.name, name)
        for name, never in situation.never.items():
            assert set(never) < set(range(len(by_name[name].levels))), (situation.name, name)
        assert {*situation.by_chance, *situation.agrees, *situation.needs, *situation.lacks} <= {*by_name, "email"}, situation.name


@ENTITIES
def test_strangers_are_one_situation_and_agree_by_chance_in_every_field(entity: Entity) -> None:
    (strangers,) = [s for s in entity.situations if s.chance]
    assert not strangers.match
    assert {c.name for c in entity.comparisons} <= set(strangers.by_chance)


@ENTITIES
def test_a_match_agrees_in_a_field_more_often_than_not_in_all_but_where_one_lives(entity: Entity) -> None:
    for situation in entity.situations:
        for name, levels in situation.levels.items():
            if situation.match and name != "address":
                assert levels[0] >= 0.5, (situation.name, name)


@ENTITIES
@pytest.mark.parametrize("fields", [("address", "date_of_birth", "name", "surname"), ("surname", "name"), ("address",), ()])
def test_whatever_the_data_hold_both_matches_and_strangers_can_be_told(entity: Entity, fields: tuple[str, ...]) -> None:
    told = tellable(entity.situations, frozenset(fields))
    assert any(s.match for s in told)
    assert sum(s.chance for s in told) == 1


def test_without_addresses_nobody_is_at_home_and_with_them_nobody_is_nowhere() -> None:
    assert [s.name for s in tellable(PERSON.situations, frozenset({"surname", "date_of_birth"}))] == ["same person", "strangers"]
    assert "same person" not in [s.name for s in tellable(PERSON.situations, frozenset({"surname", "address"}))]


def test_without_birth_dates_twins_and_namesakes_cannot_be_told() -> None:
    names = [s.name for s in tellable(PERSON.situations, frozenset({"surname", "address"}))]
    assert names == ["same person, same home", "same person, moved", "same household", "strangers"]


def test_who_is_at_home() -> None:
    at_home = {s.name for s in PERSON.situations if s.at_home}
    assert at_home == {"same person, same home", "same household", "namesake at home"}
    assert not Situation("moved", True, 0.1, never={"address": (0, 1)}).at_home
