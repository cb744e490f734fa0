"""The partner's side on a PC that has neither POSIX modules nor the unit's libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pipeline.specification import template
from schemas.datasets import CONTRACTS

ROOT = Path(__file__).parent.parent
LACKING = ("fcntl", "resource", "pwd", "grp", "termios", "pandas", "recordlinkage", "scipy", "sklearn", "prometheus_client")

SCRIPT = """
import sys

class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {lacking!r}:
            raise ModuleNotFoundError(f"this PC has no {{name}}", name=name)

for name in {lacking!r}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Lacking())

import cli

for arguments in {commands!r}:
    code = cli.main(arguments)
    if code:
        sys.exit(code)
assert not set(sys.modules) & set({lacking!r})
"""


def run(folder: Path, commands: list[list[str]]) -> subprocess.CompletedProcess[str]:
    """Run commands in one process of its own, in which those modules cannot be imported."""
    script = SCRIPT.format(lacking=LACKING, commands=commands)
    return subprocess.run([sys.executable, "-c", script], cwd=folder, env=_environment(), capture_output=True, text=True, check=False, timeout=120)


def _environment() -> dict[str, str]:
    import os

    return {**{k: v for k, v in os.environ.items() if k != "COUNTERFOIL_HOME"}, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def test_a_partner_checks_maps_and_submits_without_them(tmp_path: Path) -> None:
    text = template(CONTRACTS["CTX"]).replace("surname", "Last Name", 1)
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8", newline="")
    done = run(tmp_path, [
        ["init", "unit", "unit", "--example"],
        ["partner", "invite", "northmere", "--home", "unit"],
        ["init", "partner", "northmere", "--from", "unit/invitations/northmere.invitation.json"],
        ["spec", "show", "CTX"],
        ["map", "suggest", "CTX", "accounts.csv"],
        ["map", "save", "CTX", "accounts.csv", "--home", "northmere"],
        ["check", "CTX", "accounts.csv", "--home", "northmere", "--as-of", "2026-11-30"],
        ["submit", "CTX", "accounts.csv", "--home", "northmere", "--as-of", "2026-11-30"],
    ])  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "unit" / "shared" / "inbox" / "northmere").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["dataset"], manifest["rows_received"], manifest["rows_accepted"]) == ("CTX", 1, 1)


def test_the_modules_really_are_out_of_reach(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(lacking=LACKING, commands=[]) + "\nimport resource"], cwd=tmp_path, env=_environment(),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "this PC has no resource" in done.stderr


def test_a_command_of_the_unit_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("record_ref,forename,surname\nR1,BRYN,LEWIS\nR2,BRYN,LEWIS\n", encoding="utf-8")
    done = run(tmp_path, [["link", "people.csv", "--out", "links.parquet"]])
    assert done.returncode == 5, done.stderr
    assert "pip install 'counterfoil[unit]'" in done.stderr
    assert "Traceback" not in done.stderr
