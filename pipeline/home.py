"""Finding, reading and writing the two settings files: `partnership.toml` of the unit, `partner.toml` of a partner."""

from __future__ import annotations

import os
from collections.abc import Mapping as Environment
from pathlib import Path
from typing import Literal, TypeVar

from pipeline.home_text import partner_text, partnership_text
from pipeline.store.files import make_folder, storage_errors, write_atomic
from schemas.errors import ConfigurationError, nearest
from schemas.partnership import Agreement, AsOfRule, PartnerEntry, PartnerHome, Partnership
from schemas.settings import Settings, parse_toml

Kind = Literal["unit", "partner"]
VARIABLE = "COUNTERFOIL_HOME"
SCHEME = "://"  # in what names a server, and in no folder
FILES: dict[Kind, str] = {"unit": "partnership.toml", "partner": "partner.toml"}
S = TypeVar("S", bound=Settings)


def find_home(kind: Kind, explicit: Path | None = None, env: Environment[str, str] | None = None, *, cwd: Path | None = None) -> Path:
    """Return the folder with the settings: `--home`, else COUNTERFOIL_HOME, else the working directory.

    The first of them that is given decides; a folder named by hand is not passed over in silence.

    Args:
        env: the environment; the process's own by default.

    Raises:
        ConfigurationError: there is no settings file of that kind there.
    """
    variable = (os.environ if env is None else env).get(VARIABLE, "")
    given = explicit or (Path(variable) if variable else None)
    home = (given or cwd or Path.cwd()).absolute()
    name = FILES[kind]
    if (home / name).is_file():
        return home
    source = "--home" if explicit else VARIABLE if variable else "the working directory"
    other = FILES["partner" if kind == "unit" else "unit"]
    found = f"{other}, the {'partner' if kind == 'unit' else 'unit'}'s file" if (home / other).is_file() else "no settings file"
    raise ConfigurationError(
        f"there is no {name} in {home} ({source})", found=found,
        mend=f"name the folder with --home or {VARIABLE}, or make one: counterfoil init {kind} FOLDER",
    )


def read_toml(path: Path, model: type[S]) -> S:
    """Return the settings in a TOML file; whatever is wrong with the file is a ConfigurationError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        close = nearest(path.name, [entry.name for entry in path.parent.iterdir()]) if path.parent.is_dir() else []
        raise ConfigurationError(
            "the file does not exist", file=str(path), mend=f"did you mean {' or '.join(close)}?" if close else "check the name and the folder"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError("the file is not UTF-8", file=str(path), row=line, mend="save it as UTF-8 in your editor") from None
    except OSError as error:
        raise ConfigurationError(f"the file cannot be read: {error.strerror}", file=str(path), mend="check the name and your rights") from None
    return parse_toml(text, model, file=str(path))


def load_partnership(home: Path) -> Partnership:
    """Return the unit's settings; `shared` is absolute, a relative one counts from the home."""
    settings = read_toml(home / FILES["unit"], Partnership)
    return settings.model_copy(update={"shared": from_home(home, settings.shared)})


def load_partner(home: Path) -> PartnerHome:
    """Return a partner's settings; `shared` is absolute, a relative one counts from the home."""
    settings = read_toml(home / FILES["partner"], PartnerHome)
    return settings.model_copy(update={"shared": from_home(home, settings.shared)})


def from_home(home: Path, shared: str) -> str:
    """Return where the shared area is; a folder that is not named from the root counts from the home."""
    return shared if SCHEME in shared else (home / shared).absolute().as_posix()


def init_unit(folder: Path, *, partnership: Partnership | None = None, force: bool = False) -> Path:
    """Write a commented `partnership.toml`, and the folders of the shared area, and return the file's path.

    Args:
        partnership: what to write; without it, one council to be replaced by real ones.
        force: overwrite a file that is there.
    """
    settings = partnership or STARTER
    path = _write_settings(folder / FILES["unit"], partnership_text(settings), Partnership, force=force)
    if SCHEME not in settings.shared:
        for entry in settings.partner:
            for area in ("inbox", "outbox"):
                make_folder(folder / settings.shared / area / entry.id)
    return path


def init_partner(folder: Path, settings: PartnerHome, *, force: bool = False) -> Path:
    """Write the `partner.toml` of a partner, and the folder of its mappings."""
    make_folder(folder / "mappings")
    return _write_settings(folder / FILES["partner"], partner_text(settings), PartnerHome, force=force)


def partner_settings(partnership: Partnership, partner: str) -> PartnerHome:
    """Return the settings of one partner of a partnership.

    Args:
        partnership: as `load_partnership` gives it, so that `shared` is absolute.
        partner: its id; an unknown one is answered with the nearest known ids.
    """
    entry = partnership.find(partner)
    agreements = [a for a in partnership.agreement if entry.id in a.partners]
    if not agreements:
        raise ConfigurationError(f"no agreement names the partner {partner!r}", mend="add it to an [[agreement]] in partnership.toml")
    return PartnerHome(
        id=entry.id, name=entry.name, gss=entry.gss, shared=partnership.shared, datasets=entry.datasets, agreement=agreements[0].id,
        disclosure=agreements[0].disclosure, clear=agreements[0].clear, rules_disabled=partnership.rules.disabled,
    )


def _write_settings(path: Path, text: str, model: type[Settings], *, force: bool) -> Path:
    with storage_errors(path):
        exists = path.exists()
    if exists and not force:
        raise ConfigurationError("the file exists and was left as it is", file=str(path), mend="edit it, or add --force to write it anew")
    parse_toml(text, model, file=path.name)  # what we write, we can read
    make_folder(path.parent)
    write_atomic(path, text.encode())
    return path


def _council(id_: str, name: str, gss: str, kind: Literal["district", "county"], *datasets: str) -> PartnerEntry:
    return PartnerEntry(id=id_, name=name, gss=gss, kind=kind, datasets=datasets)


_AGES = {"default": AsOfRule(max_age_days=400), "PAY": AsOfRule(max_age_days=60), "DEC": AsOfRule(max_age_days=120)}

STARTER = Partnership(
    name="Our partnership",
    shared="shared",
    partner=(_council("our-council", "Our Council", "E07999999", "district", "CTX", "PSP"),),
    agreement=(
        Agreement(id="first-agreement", partners=("our-council",), datasets=("CTX", "PSP"), legal_basis="name the power and the date it was signed"),
    ),
    as_of=_AGES,
)

EXAMPLE = Partnership(
    name="Three Valleys counter-fraud partnership (invented)",
    shared="shared",
    partner=(
        _council("northmere", "Northmere District Council", "E07999901", "district", "CTX", "CTR", "ELR", "TEN", "WLS", "PSP"),
        _council("eastholt", "Eastholt District Council", "E07999902", "district", "CTX", "CTR", "TEN", "NDR", "PSP"),
        _council("westfordshire", "Westfordshire County Council", "E10999903", "county", "PAY", "DEC", "CRS", "CRP", "PSP"),
    ),
    agreement=(
        Agreement(
            id="three-valleys-2026", partners=("northmere", "eastholt", "westfordshire"),
            datasets=("CTX", "CTR", "ELR", "TEN", "WLS", "NDR", "PAY", "DEC", "CRS", "CRP", "PSP"),
            legal_basis="invented, for trying the program out", disclosure="clear",  # so that it can be tried without keys
        ),
    ),
    as_of=_AGES,
)
