"""The README's commands print what it shows, and what it names exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = [block.strip("\n") for block in re.findall(r"```console\n(.*?)```", README, re.S)]


def counterfoil(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "cli", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_there_is_something_shown():
    assert SHOWN


@pytest.mark.parametrize("block", SHOWN)
def test_a_shown_command_prints_what_is_shown(block):
    command, _, expected = block.partition("\n")
    words = shlex.split(command.removeprefix("$ "))
    assert words[0] == "counterfoil"
    assert trimmed(counterfoil(*words[1:])) == trimmed(expected)


@pytest.mark.parametrize("page", sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))
def test_every_link_leads_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


def test_every_command_that_the_readme_names_exists():
    named = set(re.findall(r"^(?:\s{4}|\$ )counterfoil (?:--home \S+ )?([a-z]+)", README, re.M))
    known = set(re.findall(r"^\W*([a-z]+)\s", counterfoil("--help").split("Commands")[1], re.M))
    assert named
    assert named <= known


def test_every_dependency_has_its_line():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("dependencies = [")[2].partition("[project.scripts]")[0]
    named = {re.split(r"[><=\[]", name)[0] for name in re.findall(r'^    "([^"]+)"', project, re.M)}
    page = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    assert {name for name in named if name not in page} == set()
