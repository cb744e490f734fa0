"""The command `counterfoil`: arguments in, one call into `pipeline`, words and exit code out."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from commands import audit, init, keys, night, spec, subject
from commands import map as mapping
from commands import partner as taking_part
from commands.check import check_files
from commands.collect import collect_reports
from commands.demo import demonstrate
from commands.doctor import examine
from commands.evaluate import evaluate_links
from commands.link import link_records, train_model
from commands.options import screen
from commands.retention import purge_old, verify_store
from commands.screen import Screen
from commands.submit import submit_files
from pipeline.version import tool_version
from schemas.errors import ConfigurationError, CounterfoilError, ExitCode

UNIT_SIDE = ("pandas", "prometheus_client", "recordlinkage", "scipy", "sklearn")  # installed with the extra `unit`; fcntl and the like come with the system

app = typer.Typer(
    help="Neighbouring councils find fraud and error together. --json and --home may stand anywhere on the line.",
    no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
app.add_typer(spec.app, name="spec")
app.command("check")(check_files)
app.add_typer(mapping.app, name="map")
app.add_typer(init.app, name="init")
app.add_typer(keys.app, name="keys")
app.add_typer(taking_part.app, name="partner")
app.command("submit")(submit_files)
app.command("collect")(collect_reports)
app.command("run")(night.run_night)
app.command("confirm")(night.confirm_delivery)
app.command("status")(night.show_status)
app.command("doctor")(examine)
app.command("query")(night.ask)
app.command("explain")(night.explain_exception)
app.add_typer(night.outcome, name="outcome")
app.add_typer(audit.app, name="audit")
app.command("verify")(verify_store)
app.command("purge")(purge_old)
app.add_typer(subject.app, name="subject")
app.command("link")(link_records)
app.command("train")(train_model)
app.command("evaluate")(evaluate_links)
app.command("demo")(demonstrate)


@app.callback()
def global_options(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON on stdout, and words on stderr.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder with partner.toml or partnership.toml; else COUNTERFOIL_HOME, else the working directory.")] = None,
) -> None:
    """Take the options that every command has."""
    ctx.obj = Screen(as_json, home)


@app.command()
def version(ctx: typer.Context) -> None:
    """Print the version."""
    screen(ctx).result({"version": tool_version()})
    if not screen(ctx).as_json:
        screen(ctx).say(f"counterfoil {tool_version()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. A mistake of ours keeps its traceback."""
    words = globals_first(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that cannot show a letter must not stop the command
            stream.reconfigure(errors="backslashreplace")
    try:
        app(words, prog_name="counterfoil")
    except CounterfoilError as error:
        Screen(as_json="--json" in words).failed(error)
        return int(error.exit_code)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in UNIT_SIDE:
            raise
        Screen(as_json="--json" in words).failed(ConfigurationError(
            "this command belongs to the unit's side, which is not installed here", found=f"no library {missing.name}",
            mend="install it with: pip install 'counterfoil[unit]'",
        ))  # fmt: skip
        return int(ExitCode.CONFIGURATION)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(ExitCode.OK if stop.code is None else ExitCode.INTERNAL)
    return int(ExitCode.OK)


def globals_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with --json and --home moved to the front, so that they may stand anywhere.

    >>> globals_first(["check", "CTX", "a.csv", "--json"])
    ['--json', 'check', 'CTX', 'a.csv']
    """
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    first: list[str] = []
    rest: list[str] = []
    at = 0
    while at < end:
        taken = 2 if words[at] == "--home" else 1
        (first if words[at] in ("--json", "--home") or words[at].startswith("--home=") else rest).extend(words[at : min(at + taken, end)])
        at += taken
    return [*first, *rest, *words[end:]]


if __name__ == "__main__":
    sys.exit(main())
