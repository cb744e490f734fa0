"""What is shipped for running the unit every night: it names commands that exist, and handles every exit code."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import typer

import cli
from schemas.errors import ExitCode

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = ("counterfoil.service", "counterfoil.timer", "counterfoil-failed@.service")
PROGRAM = "/opt/counterfoil/bin/counterfoil"
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
CRON = [line for line in (DEPLOY / "crontab.example").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """A unit file: section -> key -> values, in order; a key may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", ";")):
            continue
        if head := re.fullmatch(r"\[([A-Z][a-z]+)\]", line):
            assert head[1] not in found, f"{name}: {line} stands twice"
            section = found[head[1]] = defaultdict(list)
            continue
        setting = re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line)
        assert setting, f"{name}: {line}"
        assert "\\" not in line, f"{name}: a continued line"
        section[setting[1]].append(setting[2])
    return found


def assert_command_exists(words: list[str]) -> None:
    """Follow the words through the program's commands, and look for each option in the command they lead to."""
    assert words[0] == PROGRAM
    command: Any = typer.main.get_command(cli.app)
    known = {option for param in command.params for option in param.opts}
    for word in words[1:]:
        if word.startswith("-"):
            assert word.partition("=")[0] in known | {"--help"}, f"{' '.join(words)}: no option {word}"
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            known |= {option for param in command.params for option in param.opts}
    assert not hasattr(command, "commands"), f"{' '.join(words)} leads to no command"


@pytest.mark.parametrize("name", UNITS)
def test_unit_files_have_sections_and_settings_and_nothing_else(name: str) -> None:
    assert set(unit(name)) == ({"Unit", "Timer", "Install"} if name.endswith(".timer") else {"Unit", "Service"})


def test_the_service_starts_a_command_that_exists() -> None:
    (start,) = unit("counterfoil.service")["Service"]["ExecStart"]
    assert_command_exists(shlex.split(start))
    scripts = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[project.scripts]")[2]
    assert f'{Path(PROGRAM).name} = "cli:main"' in scripts


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    for line in ("rum", "run --qiet", "audit", ""):
        with pytest.raises(AssertionError):
            assert_command_exists([PROGRAM, *line.split()])


def test_a_late_partner_is_no_failure_and_only_the_storage_is_tried_again() -> None:
    service = unit("counterfoil.service")["Service"]
    assert service["SuccessExitStatus"] == [str(int(ExitCode.PARTIAL))]
    assert service["Restart"] == ["on-failure"]
    (prevented,) = service["RestartPreventExitStatus"]
    assert {int(code) for code in prevented.split()} == set(ExitCode) - {ExitCode.OK, ExitCode.PARTIAL, ExitCode.STORAGE}
    assert service["Type"] == ["oneshot"]
    assert service["TimeoutStartSec"]


def test_a_failure_starts_the_alarm_and_the_timer_starts_the_service() -> None:
    (alarm,) = unit("counterfoil.service")["Unit"]["OnFailure"]
    assert alarm == "counterfoil-failed@%n.service"
    assert (DEPLOY / alarm.replace("%n", "")).is_file()
    timer = unit("counterfoil.timer")["Timer"]
    assert timer["Persistent"] == ["true"]
    assert (DEPLOY / timer["Unit"][0]).is_file()


def test_the_service_may_touch_its_folders_and_nothing_else() -> None:
    service = unit("counterfoil.service")["Service"]
    expected = {
        "ProtectSystem": "strict", "NoNewPrivileges": "yes", "PrivateNetwork": "yes", "UMask": "0027", "ProtectHome": "yes", "PrivateTmp": "yes",
        "CapabilityBoundingSet": "", "User": "counterfoil",
    }  # fmt: skip
    assert {key: service[key] for key in expected} == {key: [value] for key, value in expected.items()}
    assert service["MemoryMax"]
    home = next(value.removeprefix("COUNTERFOIL_HOME=") for value in service["Environment"] if value.startswith("COUNTERFOIL_HOME="))
    assert home in service["ReadWritePaths"][0].split()
    assert unit("counterfoil.service")["Unit"]["RequiresMountsFor"] == [service["ReadWritePaths"][0]]
    assert unit("counterfoil-failed@.service")["Service"]["NoNewPrivileges"] == ["yes"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_understands_the_unit_files(tmp_path: Path) -> None:
    """The program is not installed where it will be, so another stands in for it."""
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)], capture_output=True, text=True, check=False, timeout=60
    )
    complaints = [line for line in done.stderr.splitlines() if "counterfoil" in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.parametrize("line", [line for line in CRON if not re.match(r"[A-Z_]+=", line)])
def test_cron_lines_start_commands_that_exist_and_keep_quiet_about_a_late_partner(line: str) -> None:
    *times, user, command = line.split(maxsplit=6)
    assert len(times) == 5
    assert all(re.fullmatch(r"\*|\d{1,2}", time) for time in times)
    assert user == "counterfoil"
    assert command.startswith("umask 027; ")
    assert "%" not in command  # cron reads it as a line end
    words = shlex.split(re.sub(r"[;|>].*", "", command.removeprefix("umask 027; ").removesuffix("2>&1")))
    assert_command_exists(words)
    assert ("-eq 3" in command) is (words[1] == "run")


@pytest.mark.parametrize(("code", "printed"), [(0, ""), (3, ""), (7, "counterfoil run ended with 7\n")])
def test_the_cron_line_prints_failures_only(tmp_path: Path, code: int, printed: str) -> None:
    line = next(line for line in CRON if f"{PROGRAM} run" in line).split(maxsplit=6)[6]
    program = tmp_path / "counterfoil"
    program.write_text(f"#!/bin/sh\necho working\nexit {code}\n")
    program.chmod(0o755)
    command = line.replace(PROGRAM, str(program)).replace("/var/log/counterfoil", str(tmp_path))
    assert subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60).stdout == printed
    assert (tmp_path / "run.log").read_text() == "working\n"


def test_the_page_says_for_each_exit_code_whether_to_raise_an_alarm() -> None:
    told = [int(code) for code in re.findall(r"^\| (\d+) \|", README, re.M)]
    assert told == sorted({*map(int, ExitCode), 137})


def test_the_page_names_every_figure_and_no_other() -> None:
    told = set(re.findall(r"^\| `(counterfoil_[a-z_]+)`", README, re.M))
    written = set(re.findall(r'"(counterfoil_[a-z_]+)"', (ROOT / "pipeline" / "metrics.py").read_text(encoding="utf-8")))
    assert told == written


def test_the_page_names_files_that_exist() -> None:
    for name in re.findall(r"`([a-z@-]+\.(?:service|timer|example))`", README):
        assert (DEPLOY / name).is_file(), name
