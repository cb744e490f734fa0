"""The audit log: a chain in which any edit shows, and an end that receipts vouch for. Fault F62."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline import audit
from pipeline.audit import FILE, FOLDER, append, entries, head, verify, witnessed_heads
from schemas.audit import (
    EMPTY,
    LONGEST_ACTOR,
    LONGEST_TEXT,
    MOST_DETAIL,
    NOTHING,
    AuditEntry,
    Head,
    Verb,
    digest,
    read_entry,
    tidy,
)
from schemas.errors import ExitCode, IntegrityError, LockHeld, StorageError

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "verb": Verb.COLLECTION, "action": "submission accepted", "subject": "eastholt/TAX/tax-2026-11-01-abc", "reason": "arrived whole and signed", "now": NOON,
}  # fmt: skip


def log_of(home: Path) -> Path:
    return home / FOLDER / FILE


def chain(count: int, *, reason: str = "as agreed") -> list[bytes]:
    """The lines of a log, with their line ends, as `append` would have written them."""
    made, previous = [], NOTHING
    for sequence in range(1, count + 1):
        line = AuditEntry(
            format=1, sequence=sequence, at=NOON + timedelta(seconds=sequence), actor="unit", verb=Verb.COMBINATION, action="run published",
            subject=f"run-{sequence}", reason=reason, detail={"rows": sequence}, previous=previous,
        ).line()  # fmt: skip
        made.append(line + b"\n")
        previous = digest(line)
    return made


def head_of(lines: list[bytes]) -> Head:
    return Head(sequence=len(lines), sha256=digest(lines[-1].removesuffix(b"\n"))) if lines else EMPTY


def log(home: Path, lines: list[bytes]) -> Path:
    log_of(home).parent.mkdir(exist_ok=True)
    log_of(home).write_bytes(b"".join(lines))
    return home


def first_bad(home: Path, *witnesses: Head) -> int:
    with pytest.raises(IntegrityError) as found:
        verify(home, witnesses)
    assert found.value.exit_code is ExitCode.INTEGRITY
    assert found.value.row is not None
    assert f"entry {found.value.row:,} of the audit log is not as it was written" in found.value.what
    return found.value.row


# --- what an entry says ------------------------------------------------------------------------------------------------------------


def test_an_entry_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = append(tmp_path, **PLAIN, detail={"rows": 20, "recipient": "unit"}, by="A N Other")
    assert list(entries(tmp_path)) == [written]
    assert (written.format, written.sequence, written.at, written.actor, written.previous) == (1, 1, NOON, "A N Other", NOTHING)
    assert (written.verb, written.detail) == (Verb.COLLECTION, {"rows": 20, "recipient": "unit"})


def test_an_entry_has_one_spelling_worked_out_by_hand(tmp_path: Path) -> None:
    append(tmp_path, **{**PLAIN, "reason": "café"}, detail={"b": 2, "a": "x"}, by="unit")
    assert log_of(tmp_path).read_bytes() == (
        b'{"action":"submission accepted","actor":"unit","at":"2026-11-02T12:00:00+00:00","detail":{"a":"x","b":2},"format":1,"previous":"' + b"0" * 64
        + b'","reason":"caf\\u00e9","sequence":1,"subject":"eastholt/TAX/tax-2026-11-01-abc","verb":"collection"}\n'
    )  # fmt: skip


def test_each_entry_holds_the_digest_of_the_line_before(tmp_path: Path) -> None:
    for _ in range(3):
        append(tmp_path, **PLAIN)
    lines = log_of(tmp_path).read_bytes().splitlines()
    assert [json.loads(line)["previous"] for line in lines] == [NOTHING, digest(lines[0]), digest(lines[1])]
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3]


def test_a_moment_is_kept_in_universal_time_and_one_without_a_zone_is_refused(tmp_path: Path) -> None:
    summer = datetime(2026, 7, 1, 1, 0, tzinfo=timezone(timedelta(hours=1)))
    assert append(tmp_path, **{**PLAIN, "now": summer}).at.isoformat() == "2026-07-01T00:00:00+00:00"
    with pytest.raises(ValidationError, match="timezone"):
        append(tmp_path, **{**PLAIN, "now": datetime(2026, 7, 1)})


@pytest.mark.parametrize("wrong", [
    {"verb": "deletion"}, {"action": "Submission accepted"}, {"action": ""}, {"subject": "ADAEZE OKAFOR"}, {"subject": ""}, {"reason": ""}, {"reason": " \n"},
    {"detail": {"Rows": 1}}, {"detail": {"rows": 1.5}}, {"detail": {"rows": True}}, {"detail": {f"n{n}": n for n in range(MOST_DETAIL + 1)}},
])  # fmt: skip
def test_an_entry_that_lacks_something_is_our_own_mistake_and_nothing_is_written(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        append(tmp_path, **{**PLAIN, **wrong})
    assert verify(tmp_path).entries == 0


def test_there_are_the_six_verbs_of_section_62() -> None:
    assert {str(verb) for verb in Verb} == {"collection", "alteration", "consultation", "disclosure", "combination", "erasure"}


def test_texts_from_elsewhere_become_one_line_that_a_screen_can_show(tmp_path: Path) -> None:
    written = append(tmp_path, **{**PLAIN, "reason": "bad\x1b[31m\r\nfile\u202e" + "x" * 900}, detail={"found": "\udc80 a\tb"})
    assert written.reason == ("bad [31m file " + "x" * 900)[:LONGEST_TEXT]
    assert written.detail == {"found": "a b"}
    assert tidy("a b", most=2) == "a"
    assert verify(tmp_path).entries == 1


def test_the_longest_entry_there_can_be_is_still_one_line_that_verifies(tmp_path: Path) -> None:
    append(tmp_path, **{**PLAIN, "reason": "\U0001f600" * 900}, detail={f"n{n}": "\U0001f600" * 900 for n in range(MOST_DETAIL)}, by="\U0001f600" * 900)
    append(tmp_path, **PLAIN)
    assert verify(tmp_path).entries == 2
    assert len(log_of(tmp_path).read_bytes()) > 200_000


# --- who acts ----------------------------------------------------------------------------------------------------------------------


def test_the_actor_is_who_is_named_else_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.setenv("COUNTERFOIL_ACTOR", " A N \x1b Other ")
    assert audit.actor() == "A N Other"
    monkeypatch.setenv("COUNTERFOIL_ACTOR", "x" * 900)
    assert audit.actor() == "x" * LONGEST_ACTOR
    for empty in ("", " \n"):
        monkeypatch.setenv("COUNTERFOIL_ACTOR", empty)
        assert audit.actor() == pwd.getpwuid(os.getuid()).pw_name


def test_an_account_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def _nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("COUNTERFOIL_ACTOR", raising=False)
    monkeypatch.setattr("pwd.getpwuid", _nobody)
    assert audit.actor() == f"uid {os.getuid()}"


def test_where_there_are_no_accounts_the_environment_is_asked_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COUNTERFOIL_ACTOR", raising=False)
    monkeypatch.setitem(sys.modules, "pwd", None)
    monkeypatch.setenv("USERNAME", "aother")
    assert audit.actor() == "aother"
    monkeypatch.delenv("USERNAME")
    assert audit.actor() == "unknown"


# --- heads -------------------------------------------------------------------------------------------------------------------------


def test_an_empty_log_has_a_head_and_verifies(tmp_path: Path) -> None:
    assert head(tmp_path) == EMPTY == Head(sequence=0, sha256="0" * 64)
    assert verify(tmp_path, [EMPTY]).head == EMPTY
    assert list(entries(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reason", ["short", "long " * 99])
def test_the_head_is_the_last_line_however_long_the_log(tmp_path: Path, reason: str) -> None:
    lines = chain(40, reason=reason)
    for count in (1, 2, 3, 39, 40):
        assert head(log(tmp_path, lines[:count])) == head_of(lines[:count]) == verify(tmp_path).head


def test_a_log_whose_last_line_is_damaged_takes_no_more_entries(tmp_path: Path) -> None:
    for damage in (b"\n", b"{}\n", chain(1)[0].replace(b'","', b'", "')):
        log(tmp_path, [*chain(1), damage])
        before = log_of(tmp_path).read_bytes()
        with pytest.raises(IntegrityError, match="the last entry of the audit log is damaged"):
            append(tmp_path, **PLAIN)
        assert log_of(tmp_path).read_bytes() == before


# --- fault F62: edited, removed, moved, doubled, cut ---------------------------------------------------------------------------------


def test_a_whole_log_verifies_with_and_without_witnesses(tmp_path: Path) -> None:
    lines = chain(10)
    assert verify(log(tmp_path, lines)).vouched == 0
    found = verify(tmp_path, [head_of(lines[:4]), head_of(lines[:7]), head_of(lines[:4])])
    assert (found.entries, found.head, found.vouched, found.witnesses, found.torn) == (10, head_of(lines), 7, 2, 0)


@st.composite
def tampered(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """A log, and the same log after one change to its lines."""
    lines = chain(draw(st.integers(1, 12)))
    at = draw(st.integers(0, len(lines) - 1))
    kind = draw(st.sampled_from(["edit", "remove", "swap", "double", "cut", "line of another log"]))
    if kind == "edit":
        place = draw(st.integers(0, len(lines[at]) - 1))
        byte = draw(st.integers(0, 255).filter(lambda value: value != lines[at][place]))
        changed = [*lines[:at], lines[at][:place] + bytes([byte]) + lines[at][place + 1 :], *lines[at + 1 :]]
    elif kind == "remove":
        changed = [*lines[:at], *lines[at + 1 :]]
    elif kind == "swap":
        other = draw(st.integers(0, len(lines) - 1))
        changed = list(lines)
        changed[at], changed[other] = changed[other], changed[at]
    elif kind == "double":
        place = draw(st.integers(0, len(lines)))
        changed = [*lines[:place], lines[at], *lines[place:]]
    elif kind == "cut":
        changed = [b"".join(lines)[: draw(st.integers(0, len(b"".join(lines)) - 1))]]
    else:
        changed = [*lines[:at], chain(len(lines), reason="never agreed")[at], *lines[at + 1 :]]
    return lines, changed


def first_difference(lines: list[bytes], changed: list[bytes]) -> int:
    """Return the number of the first line that is not as it was, or is not there."""
    after = b"".join(changed).splitlines(keepends=True)
    return next(number for number in range(1, len(lines) + 2) if lines[number - 1 : number] != after[number - 1 : number])


@given(tampered())
def test_any_single_change_is_found_and_the_first_bad_entry_named(case: tuple[list[bytes], list[bytes]]) -> None:
    """Fault F62."""
    lines, changed = case
    with tempfile.TemporaryDirectory() as folder:
        home = log(Path(folder), changed)
        if b"".join(changed) == b"".join(lines):  # a line that changed places with itself
            assert verify(home, [head_of(lines)]).entries == len(lines)
        else:
            assert first_bad(home, head_of(lines)) == first_difference(lines, changed)


@given(st.integers(2, 12), st.data())
def test_without_any_witness_another_entry_in_place_of_any_but_the_last_is_named(count: int, data: st.DataObject) -> None:
    """Fault F62: the chain by itself."""
    lines, at = chain(count), data.draw(st.integers(0, count - 2))
    lines[at] = chain(count, reason="never agreed")[at]
    with tempfile.TemporaryDirectory() as folder:
        assert first_bad(log(Path(folder), lines)) == at + 1


@pytest.mark.parametrize("count", [2, 3])
def test_a_link_that_was_edited_is_told_from_an_entry_that_was(tmp_path: Path, count: int) -> None:
    """Fault F62: entry 2 names another digest. What follows it, or a witness of entry 1, says that entry 1 is good."""
    lines = chain(count)
    other = json.loads(lines[1]) | {"previous": "a" * 64}
    lines[1] = read_entry(json.dumps(other, sort_keys=True, separators=(",", ":")).encode()).line() + b"\n"
    log(tmp_path, lines)
    assert first_bad(tmp_path) == (2 if count == 3 else 1)
    assert first_bad(tmp_path, head_of(chain(1))) == 2
    assert first_bad(tmp_path, head_of(chain(2))) == 2


def test_an_edit_before_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    lines = chain(3)
    lines[0], lines[2] = chain(1, reason="never agreed")[0], b"{}\n"
    assert first_bad(log(tmp_path, lines)) == 1


def test_a_chain_that_was_written_anew_is_found_by_a_receipt(tmp_path: Path) -> None:
    """Fault F62: all links fit, and yet it is another log."""
    old, new = chain(9), chain(9, reason="never agreed")
    home = log(tmp_path, new)
    assert verify(home).entries == 9
    assert first_bad(home, head_of(old[:3]), head_of(old[:7])) == 3
    with pytest.raises(IntegrityError) as found:
        verify(home, [head_of(new[:5]), head_of(old[:7])])
    assert found.value.found == "the log was written anew somewhere in entries 6 to 7"


def test_two_receipts_that_contradict_each_other_are_found(tmp_path: Path) -> None:
    lines = chain(5)
    assert first_bad(log(tmp_path, lines), head_of(lines[:4]), Head(sequence=4, sha256="a" * 64)) == 4


@pytest.mark.parametrize("left", [0, 1, 6])
def test_a_log_that_lost_its_end_is_found_by_a_receipt(tmp_path: Path, left: int) -> None:
    """Fault F62: the chain that is left fits, so only a witness can tell."""
    lines = chain(7)
    log(tmp_path, lines[:left])
    assert verify(tmp_path).entries == left
    assert first_bad(tmp_path, head_of(lines)) == left + 1
    with pytest.raises(IntegrityError, match=f"the log ends with entry {left}, and a receipt names entry 7"):
        verify(tmp_path, [head_of(lines)])


def test_a_log_that_is_gone_is_found_by_a_receipt(tmp_path: Path) -> None:
    assert first_bad(tmp_path, head_of(chain(3))) == 1


def test_entries_stop_at_a_line_that_is_none(tmp_path: Path) -> None:
    reading = entries(log(tmp_path, [*chain(2), b"{}\n", *chain(1)]))
    assert [next(reading).sequence, next(reading).sequence] == [1, 2]
    with pytest.raises(IntegrityError, match="line 3"):
        next(reading)


def test_a_line_that_could_move_the_cursor_of_a_screen_is_no_entry(tmp_path: Path) -> None:
    log(tmp_path, [chain(1)[0].replace(b"as agreed", b"as \\u001b[2J agreed")])
    with pytest.raises(IntegrityError, match="line 1"):
        next(entries(tmp_path))


def test_a_line_without_end_in_a_large_file_does_not_fill_the_memory(tmp_path: Path) -> None:
    log(tmp_path, [*chain(1), b"{" * 3_000_000, b"\n"])
    assert first_bad(tmp_path) == 2


def test_ten_thousand_entries_are_verified_quickly(tmp_path: Path) -> None:
    lines = chain(10_000)
    log(tmp_path, lines)
    started = time.process_time()
    assert verify(tmp_path, [head_of(lines)]).entries == 10_000
    assert time.process_time() - started < 5  # about half a second
    assert append(tmp_path, **PLAIN).sequence == 10_001


# --- fault F53: a power cut while a line is written ------------------------------------------------------------------------------------


@given(st.integers(0, 3), st.data())
def test_a_torn_last_line_is_set_aside_told_of_and_not_lost(count: int, data: st.DataObject) -> None:
    """Fault F53."""
    lines = chain(count + 1)
    torn = lines[-1][: data.draw(st.integers(1, len(lines[-1]) - 1))]
    with tempfile.TemporaryDirectory() as folder:
        home = log(Path(folder), [*lines[:-1], torn])
        found = verify(home, [head_of(lines[:-1])])
        assert (found.entries, found.torn, head(home)) == (count, len(torn), head_of(lines[:-1]))
        assert len(list(entries(home))) == count
        assert append(home, **PLAIN).sequence == count + 2
        told = list(entries(home))[count]
        assert (told.action, told.verb) == ("torn line set aside", Verb.ALTERATION)
        note = home / FOLDER / str(told.detail["note"])
        assert note.read_bytes() == torn + b"\n"
        assert told.detail == {"note": f"torn-{count + 1:08}.txt", "bytes": len(torn) + 1, "sha256": digest(torn + b"\n")}
        assert verify(home, [head_of(lines[:-1])]).torn == 0
        append(home, **PLAIN)
        assert [entry.action for entry in entries(home)][count:] == ["torn line set aside", "submission accepted", "submission accepted"]


@pytest.mark.parametrize("hole", [b"\0" * 40 + b"\n", b'{"action":\0\0\0\0\0}\n', b"\0" * 5000])
def test_a_line_with_holes_where_the_disk_never_wrote_is_torn(tmp_path: Path, hole: bytes) -> None:
    """Fault F53: the file has its length, and zeros where its bytes should be."""
    log(tmp_path, [*chain(2), hole])
    assert verify(tmp_path).torn == len(hole)
    assert append(tmp_path, **PLAIN).sequence == 4
    assert (tmp_path / FOLDER / "torn-00000003.txt").read_bytes() == hole + b"\n"
    assert verify(tmp_path).entries == 4


def test_holes_before_the_last_line_are_no_power_cut(tmp_path: Path) -> None:
    log(tmp_path, [*chain(2), b'{"action":\0\0\n', b'{"a'])
    assert first_bad(tmp_path) == 3
    with pytest.raises(IntegrityError, match="damaged"):
        append(tmp_path, **PLAIN)


def test_a_torn_line_that_a_receipt_vouches_for_is_a_missing_entry(tmp_path: Path) -> None:
    """Fault F62: what a receipt names was durable, so a power cut cannot have torn it."""
    lines = chain(3)
    assert first_bad(log(tmp_path, [*lines[:2], lines[2][:-1]]), head_of(lines)) == 3


def test_a_death_between_the_note_and_the_entry_that_tells_of_it_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F52: after each of its steps."""
    torn = b'{"action":"run pub'
    for step in ("pipeline.audit.cut", "pipeline.audit._add"):
        home = tmp_path / step
        home.mkdir()
        log(home, [*chain(2), torn])
        with monkeypatch.context() as patch:
            patch.setattr(step, _die)
            with pytest.raises(_Dead):
                append(home, **PLAIN)
        assert append(home, **PLAIN).sequence == 4
        assert (home / FOLDER / "torn-00000003.txt").read_bytes() == torn + b"\n"
        assert verify(home).entries == 4


def test_a_second_power_cut_while_the_first_is_told_of_adds_to_the_note(tmp_path: Path) -> None:
    log(tmp_path, [*chain(2), b'{"second'])
    (tmp_path / FOLDER / "torn-00000003.txt").write_bytes(b'{"first\n')
    append(tmp_path, **PLAIN)
    assert (tmp_path / FOLDER / "torn-00000003.txt").read_bytes() == b'{"first\n{"second\n'


class _Dead(BaseException):
    """The process is gone."""


def _die(*_: object, **__: object) -> None:
    raise _Dead


# --- full disks and rights -----------------------------------------------------------------------------------------------------------


def test_a_line_that_finds_no_room_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F50: half of it was written."""
    append(tmp_path, **PLAIN)
    before, write = log_of(tmp_path).read_bytes(), os.write

    def _full(handle: int, content: bytes) -> int:
        if len(content) > 100:
            return write(handle, content[:100])
        raise OSError(errno.ENOSPC, "no space")

    for truncates in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", _full)
            if not truncates:
                patch.setattr(os, "ftruncate", lambda *_: _full(-1, b""))
            with pytest.raises(StorageError, match="no room"):
                append(tmp_path, **PLAIN)
        assert (log_of(tmp_path).read_bytes() == before) is truncates
    assert append(tmp_path, **PLAIN).sequence == 3  # the half line was told of in between
    assert verify(tmp_path).entries == 3


def test_a_line_is_written_on_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:7]))
    append(tmp_path, **PLAIN)
    assert verify(tmp_path).entries == 1


def test_what_is_written_was_synced_before_append_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault F53: so a receipt never names an entry that a power cut can take."""
    synced, fsync = [], os.fsync

    def _note(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", _note)
    append(tmp_path, **PLAIN)
    assert log_of(tmp_path).stat().st_size in synced


def test_nobody_else_may_read_the_log(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        append(tmp_path, **PLAIN)
    finally:
        os.umask(before)
    assert log_of(tmp_path).stat().st_mode & 0o777 == 0o640


# --- several writers -----------------------------------------------------------------------------------------------------------------

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.audit import append
from schemas.audit import Verb
sys.stdin.readline()
for n in range(int(sys.argv[2])):
    append(Path(sys.argv[1]), verb=Verb.CONSULTATION, action="exception explained", subject="CT03-0123456789", reason="case review",
           now=datetime(2026, 11, 2, tzinfo=UTC), detail={"n": n}, by=sys.argv[3])
"""


def test_two_processes_that_write_at_once_keep_one_chain(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), "60", name], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for name in ("first", "second")
    ]
    for one in writers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[1] for one in writers]
    assert [one.returncode for one in writers] == [0, 0], said
    assert verify(tmp_path).entries == 120
    for name in ("first", "second"):
        assert [entry.detail["n"] for entry in entries(tmp_path) if entry.actor == name] == list(range(60))


def test_a_writer_that_is_killed_leaves_a_chain_and_no_hindrance(tmp_path: Path) -> None:
    """Fault F52."""
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), "100000", "doomed"], cwd=ROOT, stdin=subprocess.PIPE, text=True)
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
        before = head(tmp_path).sequence
        while head(tmp_path).sequence < before + 3:
            time.sleep(0.01)
        writer.kill()
        writer.communicate()
        append(tmp_path, **PLAIN)
        assert verify(tmp_path).entries >= before + 4


def test_threads_keep_one_chain_too(tmp_path: Path) -> None:
    threads = [threading.Thread(target=lambda: [append(tmp_path, **PLAIN) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(tmp_path).entries == 40


def test_a_writer_that_never_lets_go_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    append(tmp_path, **PLAIN)
    monkeypatch.setattr(audit, "PATIENCE", 0.05)
    with FileLock(str(tmp_path / FOLDER / audit.LOCK)), pytest.raises(LockHeld, match="another process is writing"):
        append(tmp_path, **PLAIN)
    assert append(tmp_path, **PLAIN).sequence == 2


# --- what receipts say ---------------------------------------------------------------------------------------------------------------


def test_heads_are_read_from_receipts_and_receipts_without_one_are_passed_over(tmp_path: Path) -> None:
    lines = chain(3)
    for partner, content in (
        ("eastholt", {"state": "accepted", "audit_head": head_of(lines[:2]).model_dump()}),
        ("northmere", {"state": "accepted"}),
        ("westfordshire", {"audit_head": None}),
        ("other", [1, 2]),
    ):
        (tmp_path / partner).mkdir()
        (tmp_path / partner / "a.json").write_text(json.dumps(content))
    (tmp_path / "a.json").write_text(json.dumps({"audit_head": head_of(lines).model_dump()}))
    (tmp_path / "notes.txt").write_text("no receipt")
    assert witnessed_heads(tmp_path) == [head_of(lines), head_of(lines[:2])]


@pytest.mark.parametrize("content", [
    b"", b"{", b"\xff", b"[" * 100_000, b'{"audit_head": {}}', b'{"audit_head": 3}', b'{"audit_head": {"sequence": -1, "sha256": "%s"}}' % (b"0" * 64),
    b'{"audit_head": {"sequence": "1", "sha256": "%s"}}' % (b"0" * 64), b'{"audit_head": {"sequence": 1, "sha256": "XY"}}',
])  # fmt: skip
def test_a_receipt_that_cannot_be_read_is_not_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "receipt.json").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"receipt\.json: the receipt cannot be read"):
        witnessed_heads(tmp_path)
