"""Finding, reading and writing the settings files."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipeline.home import (
    EXAMPLE,
    STARTER,
    find_home,
    init_partner,
    init_unit,
    load_partner,
    load_partnership,
    partner_settings,
    read_toml,
)
from schemas.errors import ConfigurationError, UsageProblem
from schemas.partnership import Hold, PartnerHome, Partnership, Retention


def make(folder: Path, name: str = "partner.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("")
    return folder


def test_the_option_comes_before_the_variable_and_that_before_the_working_directory(tmp_path: Path) -> None:
    option, variable, here = (make(tmp_path / name) for name in ("option", "variable", "here"))
    env = {"COUNTERFOIL_HOME": str(variable)}
    assert find_home("partner", option, env, cwd=here) == option
    assert find_home("partner", None, env, cwd=here) == variable
    assert find_home("partner", None, {}, cwd=here) == here


def test_a_folder_that_was_named_is_not_passed_over(tmp_path: Path) -> None:
    here = make(tmp_path / "here")
    with pytest.raises(ConfigurationError, match="--home") as caught:
        find_home("partner", tmp_path / "gone", {}, cwd=here)
    assert caught.value.exit_code == 5
    with pytest.raises(ConfigurationError, match="COUNTERFOIL_HOME"):
        find_home("partner", None, {"COUNTERFOIL_HOME": str(tmp_path / "gone")}, cwd=here)


def test_the_other_side_s_home_is_recognised(tmp_path: Path) -> None:
    make(tmp_path, "partnership.toml")
    with pytest.raises(ConfigurationError) as caught:
        find_home("partner", tmp_path)
    assert caught.value.found == "partnership.toml, the unit's file"
    assert "counterfoil init partner" in caught.value.mend


HELD = EXAMPLE.model_copy(update={
    "retention": Retention(default=300, unused=30, quarantine=14, runs=200, CTX=200, PSP=2000),
    "hold": (
        Hold(id="case-12", partner="northmere", dataset="ctx", reason='asked for by the "auditor"', since=date(2026, 11, 1)),
        Hold(id="case-13", submission="ctx-1", reason="a claim", since=date(2026, 12, 1)),
    ),
})  # fmt: skip


@pytest.mark.parametrize("settings", [STARTER, EXAMPLE, HELD])
def test_what_init_writes_reads_back_as_it_was(tmp_path: Path, settings: Partnership) -> None:
    path = init_unit(tmp_path, partnership=settings)
    assert load_partnership(tmp_path) == settings.model_copy(update={"shared": (tmp_path / "shared").as_posix()})
    assert path == tmp_path / "partnership.toml"
    for entry in settings.partner:
        assert (tmp_path / "shared" / "inbox" / entry.id).is_dir()
        assert (tmp_path / "shared" / "outbox" / entry.id).is_dir()


def test_every_key_of_the_settings_files_is_explained(tmp_path: Path) -> None:
    init_unit(tmp_path, partnership=HELD)
    init_partner(tmp_path / "p", partner_settings(load_partnership(tmp_path), "northmere"))
    repeated = {"partners", "datasets", "agreement.id"}  # said once above the table, or at the first of several
    for path in (tmp_path / "partnership.toml", tmp_path / "p" / "partner.toml"):
        explained, last = set(), ""
        for line in path.read_text().splitlines():
            key = re.match(r"(\w+) = ", line)
            if key and ("#" in line or last.startswith("#")):
                explained.add(key[1])
            last = line
        keys = set(re.findall(r"^(\w+) = [^{]", path.read_text(), re.M))
        assert keys - explained <= repeated


@pytest.mark.parametrize(("line", "instead", "words"), [
    ("default = 300", "defualt = 300", "retention.defualt is not a key that is known here; did you mean default"),
    ("CTX = 200", "CTXX = 200", "retention.CTXX is not a key that is known here; did you mean CTX"),
    ("runs = 200", "runs = 0", "retention.runs: input should be greater than or equal to 1"),
    ('partner = "northmere"  # only', 'partner = "northmeer"  # only', "hold 'case-12' names 'northmeer', which is no partner; did you mean northmere"),
    ('dataset = "CTX"  # only', 'dataset = "CTQ"  # only', "there is no dataset 'CTQ'"),
    ('submission = "ctx-1"', 'submission = ""', "hold 'case-13' names nothing that it holds"),
    ('id = "case-13"', 'id = "case-12"', "hold 'case-12' is named twice"),
])  # fmt: skip
def test_a_slip_in_schedule_or_hold_is_named(tmp_path: Path, line: str, instead: str, words: str) -> None:
    path = init_unit(tmp_path, partnership=HELD)
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, instead, 1))
    with pytest.raises(ConfigurationError) as caught:
        load_partnership(tmp_path)
    assert words in str(caught.value)


def test_names_with_quotes_and_accents_survive(tmp_path: Path) -> None:
    entry = EXAMPLE.partner[0].model_copy(update={"name": 'St "Ives" \\ Môn\x7f # council'})
    settings = EXAMPLE.model_copy(update={"partner": (entry, *EXAMPLE.partner[1:])})
    init_unit(tmp_path, partnership=settings)
    assert load_partnership(tmp_path).partner[0].name == entry.name
    init_partner(tmp_path / "p", partner_settings(load_partnership(tmp_path), entry.id))
    assert load_partner(tmp_path / "p").name == entry.name


def test_a_partner_s_file_follows_from_the_partnership(tmp_path: Path) -> None:
    init_unit(tmp_path, partnership=EXAMPLE)
    init_partner(tmp_path / "home", partner_settings(load_partnership(tmp_path), "eastholt"))
    assert load_partner(tmp_path / "home") == PartnerHome(
        id="eastholt", name="Eastholt District Council", gss="E07999902", shared=(tmp_path / "shared").as_posix(),
        datasets=("CTX", "CTR", "TEN", "NDR", "PSP"), agreement="three-valleys-2026", disclosure="clear",
    )  # fmt: skip
    assert (tmp_path / "home" / "mappings").is_dir()


def test_an_unknown_partner_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="did you mean northmere"):
        partner_settings(EXAMPLE, "northmeer")


def test_a_partner_without_an_agreement_gets_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no agreement names"):
        partner_settings(EXAMPLE.model_copy(update={"agreement": ()}), "northmere")


def test_settings_are_not_overwritten_unless_told_to(tmp_path: Path) -> None:
    path = init_unit(tmp_path)
    path.write_text(path.read_text() + "# mine\n")
    with pytest.raises(ConfigurationError, match="was left as it is"):
        init_unit(tmp_path)
    assert path.read_text().endswith("# mine\n")
    init_unit(tmp_path, force=True)
    assert not path.read_text().endswith("# mine\n")


def test_a_relative_shared_folder_counts_from_the_home_and_an_absolute_one_stands(tmp_path: Path) -> None:
    init_unit(tmp_path)
    assert load_partnership(tmp_path).shared == (tmp_path / "shared").as_posix()
    text = (tmp_path / "partnership.toml").read_text().replace('shared = "shared"', 'shared = "/mnt/area"')
    (tmp_path / "partnership.toml").write_text(text)
    assert load_partnership(tmp_path).shared == "/mnt/area"


def test_a_missing_settings_file_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "Partnership.tmol").write_text("")
    with pytest.raises(ConfigurationError, match="did you mean Partnership.tmol"):
        load_partnership(tmp_path)


def test_a_settings_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "partner.toml").write_bytes(b'id = "a"\nname = "Caf\xe9"\n')
    with pytest.raises(ConfigurationError, match="not UTF-8") as caught:
        load_partner(tmp_path)
    assert caught.value.row == 2


def test_a_byte_order_mark_from_an_editor_does_no_harm(tmp_path: Path) -> None:
    init_unit(tmp_path)
    path = tmp_path / "partnership.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_partnership(tmp_path).name == STARTER.name


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("link_threshold", "link_treshold", "did you mean link_threshold"),
        ("link_threshold = 0.9", "link_threshold = 9", "link_threshold"),
        ("max_pairs = 50000000", 'max_pairs = "many"', "max_pairs"),
        ('["CTX", "PSP"]', '["CTXX", "PSP"]', "did you mean CTX"),
        ('partners = ["our-council"]', 'partners = ["your-council"]', "did you mean our-council"),
        ('gss = "E07999999"', 'gss = "99"', "gss"),
        ("[run]", "[run", "not valid TOML"),
    ],
)
def test_a_slip_in_the_settings_is_answered_with_its_line_and_the_nearest_name(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Fault F57."""
    path = init_unit(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        load_partnership(tmp_path)
    assert complaint in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_folder_in_the_place_of_a_settings_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "partner.toml").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_toml(tmp_path / "partner.toml", PartnerHome)
