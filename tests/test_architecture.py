"""Who may know whom: read from the imports, so that nobody has to remember it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("cli", "commands", "sample_data", "pipeline", "matchers", "schemas")
MAY_SEE = {
    "schemas": {"schemas"},
    "matchers": {"matchers", "schemas"},
    "pipeline": {"pipeline", "matchers", "schemas"},
    "sample_data": {"sample_data", "pipeline", "matchers", "schemas"},
    "commands": {"commands", "sample_data", "pipeline", "matchers", "schemas"},
    "cli": {"commands", "sample_data", "pipeline", "matchers", "schemas"},
}
STAGES = ("read", "validate", "normalise", "encode", "seal", "intake", "assemble", "link", "flag", "report", "publish")
PARTNERS_SIDE = (
    "bytes_columns", "check", "collect", "crosswalk", "custody", "decode", "encode", "home", "key_files", "lock", "mapping", "minimise", "normalise",
    "read", "rejects", "row_rules", "seal", "sealing", "sent", "shared", "specification", "store/abilities", "store/area", "store/bucket",
    "store/copies", "store/fetched", "store/files", "store/folder", "store/open", "store/retries", "store/sftp", "store/sftp_client", "store/ssh", "store/tables", "structure", "submit", "suggestion", "suspicions", "trust", "validate",
)
UNIT_ONLY = ("recordlinkage", "pandas", "prometheus_client", "fcntl", "resource", "pwd")


def modules() -> list[Path]:
    return [path for room in ROOMS for path in (sorted((ROOT / room).rglob("*.py")) if (ROOT / room).is_dir() else [ROOT / f"{room}.py"]) if path.exists()]


def imports(path: Path) -> set[str]:
    """Every module that the file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_there_are_modules_to_read():
    assert {room_of(path) for path in modules()} >= {"cli", "pipeline", "matchers", "schemas", "sample_data"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_sees_only_rooms_to_its_right(path):
    seen = {name.split(".")[0] for name in imports(path)} & set(ROOMS)
    assert seen <= MAY_SEE[room_of(path)], f"{path.relative_to(ROOT)} imports {seen - MAY_SEE[room_of(path)]}"


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_import_each_other(stage):
    seen = {name.removeprefix("pipeline.").split(".")[0] for name in imports(ROOT / "pipeline" / f"{stage}.py") if name.startswith("pipeline.")}
    assert not seen & (set(STAGES) - {stage})


@pytest.mark.parametrize("path", [p for p in modules() if room_of(p) in ("matchers", "schemas")], ids=lambda p: str(p.relative_to(ROOT)))
def test_evidence_and_meaning_know_no_clock_and_no_chance(path):
    text = path.read_text(encoding="utf-8")
    assert not imports(path) & {"time", "random", "secrets", "uuid"}
    for call in ("datetime.now(", "date.today(", "utcnow("):
        assert call not in text


@pytest.mark.parametrize("name", PARTNERS_SIDE)
def test_the_partners_side_imports_nothing_that_its_pc_lacks(name):
    path = ROOT / "pipeline" / f"{name}.py"
    top_level = {alias.split(".")[0] for alias in imports(path)}
    assert not top_level & set(UNIT_ONLY)
