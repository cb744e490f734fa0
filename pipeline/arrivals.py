"""What lies in the inbox: complete submissions, uploads that were begun, and what nobody will touch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pipeline.store.area import Area, Entry
from pipeline.store.files import MANIFEST, Incomplete, is_safe_name
from schemas.datasets import CONTRACTS
from schemas.errors import IntegrityError, StorageError

INBOX = "inbox"


def complete(area: Area, partner: str, known: Collection[str]) -> list[str]:
    """Return the partner's submissions that have a manifest and no answer yet, by their time and name.

    Where somebody laid what cannot be listed into the partner's inbox, there is nothing to take of this partner; `refused` says so.
    """
    try:
        return _complete(area, partner, known)
    except IntegrityError:
        return []


def _complete(area: Area, partner: str, known: Collection[str]) -> list[str]:
    names = [entry.name for entry in _folders(area, partner) if is_safe_name(entry.name) and entry.name not in known]
    there = [name for name in names if any(file.name == MANIFEST for file in area.entries(f"{INBOX}/{partner}/{name}"))]
    return sorted(there, key=lambda name: (name.partition("-")[2], name))


def incomplete(area: Area, partners: Collection[str], *, now: datetime) -> list[Incomplete]:
    """Return the uploads that were begun and have no manifest, with their age."""
    found = []
    for partner in sorted(partners):
        for folder in _listed_folders(area, partner):
            files = area.entries(f"{INBOX}/{partner}/{folder.name}") if is_safe_name(folder.name) else []
            if is_safe_name(folder.name) and not any(file.name == MANIFEST for file in files):
                dataset = folder.name.split("-")[0].upper()
                found.append(Incomplete(partner, folder.name, dataset if dataset in CONTRACTS else "", _age_hours([folder, *files], now)))
    return found


def refused(area: Area, partners: Collection[str]) -> list[str]:
    """Return a sentence for everything in the inbox that is nobody's or badly named, and was therefore not touched."""
    found = []
    for entry in area.entries(INBOX):
        if entry.name not in partners:
            found.append(f"{INBOX}/{_shown(entry)}: no partner has this folder")
        elif entry.kind == "other":
            found.append(f"{INBOX}/{entry.name}: is a link, and is not followed")
    for partner in sorted(partners):
        try:
            listed = _entries(area, partner)
        except IntegrityError as error:
            found.append(f"{INBOX}/{partner}: {error.what}")
            continue
        for entry in listed:
            if entry.kind == "other":
                found.append(f"{INBOX}/{partner}/{_shown(entry)}: is a link, and is not followed")
            elif entry.kind == "folder" and not is_safe_name(entry.name):
                found.append(f"{INBOX}/{partner}/{_shown(entry)}: the name is not allowed")
    return found


def refuse_no_inbox(area: Area) -> None:
    """Stop where the shared area has no inbox: a drive that is not connected looks like partners that sent nothing.

    Raises:
        StorageError: it has none.
    """
    if not any(entry.name == INBOX and entry.kind == "folder" for entry in area.entries("")):
        raise StorageError("the shared area is not there", file=f"{area.where}/{INBOX}", mend="connect the shared drive, or correct shared in partnership.toml")


def _listed_folders(area: Area, partner: str) -> list[Entry]:
    try:
        return _folders(area, partner)
    except IntegrityError:  # `refused` tells of it
        return []


def _folders(area: Area, partner: str) -> list[Entry]:
    return [entry for entry in _entries(area, partner) if entry.kind == "folder"]


def _entries(area: Area, partner: str) -> list[Entry]:
    own = next((entry for entry in area.entries(INBOX) if entry.name == partner), None)
    return area.entries(f"{INBOX}/{partner}") if own is not None and own.kind == "folder" else []


def _age_hours(entries: Collection[Entry], now: datetime) -> int:
    times = [entry.changed for entry in entries if entry.changed is not None]
    return max(0, int((now - max(times)).total_seconds() // 3600)) if times else 0


def _shown(entry: Entry) -> str:
    return ascii(entry.name[:60])[1:-1]
