"""The settings files as text, with a comment for every line, so that they explain themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable

from schemas.datasets import CONTRACTS
from schemas.partnership import Agreement, Hold, PartnerEntry, PartnerHome, Partnership, Retention, StorageSettings


def partnership_text(settings: Partnership) -> str:
    """Return `partnership.toml` for these settings; read back, it gives the same settings."""
    parts = [
        _head(settings),
        *(_partner(entry) for entry in settings.partner),
        *(_agreement(agreement) for agreement in settings.agreement),
        _as_of(settings),
        _storage(settings.storage),
        _run(settings),
        _retention(settings.retention),
        *(_hold(hold) for hold in settings.hold),
        *([] if settings.hold else [_NO_HOLD]),
    ]
    return "\n".join(parts)


def partner_text(settings: PartnerHome) -> str:
    """Return `partner.toml` for these settings; read back, it gives the same settings."""
    return f"""\
# Settings of one partner. `counterfoil check` and `counterfoil submit` read this file;
# they look for it in --home, then in COUNTERFOIL_HOME, then in the working directory.

id = {_quoted(settings.id)}  # as the unit's partnership.toml spells it; a to z, 0 to 9 and the hyphen
name = {_quoted(settings.name)}  # as reports show it
gss = {_quoted(settings.gss)}  # nine-character GSS code of your council

# Where submissions are dropped and answers are collected, as this computer sees it: a folder (a relative path
# counts from the folder of this file), sftp://USER@HOST/PATH or s3://BUCKET/PREFIX.
shared = {_quoted(settings.shared)}

# What you agreed to send; any other dataset is refused before it leaves.
# Known are: {", ".join(CONTRACTS)}
datasets = {_listed(settings.datasets)}

agreement = {_quoted(settings.agreement)}  # the agreement that lets you send it

# How identity leaves: pseudonymised (as keyed tokens; names, dates and addresses stay here) or clear; and what leaves in clear all the same.
disclosure = {_quoted(settings.disclosure)}  # as the agreement says
clear = {_listed(settings.clear)}  # as the agreement says
rules_disabled = {_listed(settings.rules_disabled)}  # rules the unit has switched off; what only they need stays here

{_storage(settings.storage)}
[submit]
# Nothing is sent when more than this share of the lines was rejected (0.05 is 5 %).
max_rejected_share = {settings.submit.max_rejected_share}
"""


def _head(settings: Partnership) -> str:
    return f"""\
# Settings of the joint unit: who takes part, what they agreed, how the nightly run works.
# `counterfoil run` looks for this file in --home, then in COUNTERFOIL_HOME, then in the working directory.
# A key that is not known here stops the run before it does anything.

name = {_quoted(settings.name)}  # as reports show it

# The shared area: partners drop into inbox/, the unit answers in outbox/. A folder (a relative path counts from
# the folder of this file), sftp://USER@HOST/PATH or s3://BUCKET/PREFIX.
shared = {_quoted(settings.shared)}

# ---- Partners: one [[partner]] table each.
# Datasets are: {"; ".join(f"{c.id} {c.title[0].lower()}{c.title[1:]}" for c in CONTRACTS.values())}.
"""


def _partner(entry: PartnerEntry) -> str:
    return f"""\
[[partner]]
id = {_quoted(entry.id)}  # names its folders; a to z, 0 to 9 and the hyphen, never changed later
name = {_quoted(entry.name)}  # as reports show it
gss = {_quoted(entry.gss)}  # nine-character GSS code
kind = {_quoted(entry.kind)}  # district, county, unitary, landlord or other
datasets = {_listed(entry.datasets)}  # what it sends; anything else goes to quarantine
"""


def _agreement(agreement: Agreement) -> str:
    return f"""\
# ---- Agreements: an exception arises only between partners and datasets that one agreement names.
[[agreement]]
id = {_quoted(agreement.id)}
partners = {_listed(agreement.partners)}
datasets = {_listed(agreement.datasets)}
legal_basis = {_quoted(agreement.legal_basis)}  # the power that allows it, for the auditor
disclosure = {_quoted(agreement.disclosure)}  # how identity travels: pseudonymised (as keyed tokens) or clear
clear = {_listed(agreement.clear)}  # datasets that travel in clear all the same, such as published spending
{_expiry(agreement)}
"""


def _expiry(agreement: Agreement) -> str:
    what = "the last day on which it holds; without this line it has no end"
    return f"expires = {agreement.expires.isoformat()}  # {what}" if agreement.expires else f"# expires = 2030-03-31  # {what}"


def _as_of(settings: Partnership) -> str:
    rules = "\n".join(
        f"{dataset} = {{ max_age_days = {rule.max_age_days} }}" for dataset, rule in sorted(settings.as_of.items(), key=_default_first)
    )
    return f"""\
# ---- How old an extract may be on the night of a run, in days. Older ones are left out and listed.
# `default` holds for every dataset without a line of its own; with no line at all it is 400.
[as_of]
{rules}
"""


def _default_first(item: tuple[str, object]) -> tuple[bool, str]:
    return item[0] != "default", item[0]


def _storage(storage: StorageSettings) -> str:
    plain = StorageSettings()
    lines = [f"{'' if getattr(storage, name) != getattr(plain, name) else '# '}{name} = {_value(getattr(storage, name))}  # {what}" for name, what in _REACHED.items()]
    return "\n".join(["# ---- How a shared area that is no folder is reached. What a bucket asks for is taken from the environment (AWS_...).", "[storage]", *lines, ""])


_REACHED = {
    "identity": "SFTP: your private key file; without it, the agent's keys",
    "known_hosts": "SFTP: the file with the server's key; without it, your own known_hosts",
    "endpoint": "bucket: its address, where it is not the usual one",
    "region": "bucket: its region",
    "timeout_seconds": "how long one call may take",
}


def _value(value: str | float) -> str:
    return _quoted(value) if isinstance(value, str) else str(value)


def _run(settings: Partnership) -> str:
    run = settings.run
    return f"""\
# ---- The nightly run.
[run]
models = {_listed(run.models)}  # model files in this folder, as `counterfoil train` wrote them; without one, each night fits its own
link_threshold = {run.link_threshold}  # probability from which two records count as the same, 0.5 to below 1
max_pairs = {run.max_pairs}  # the run stops rather than compare more pairs than this
held_below = {run.held_below}  # a delivery with less than this share of the rows of the one before is held until it is confirmed
held_above = {run.held_above}  # and one with more than so many times as many
drift_most = {run.drift_most}  # the run stops where links per record grew, or shrank, by more than this factor overnight
threads = {run.threads}  # processors it may use
memory_gb = {run.memory_gb}  # memory it may use, in GB

[rules]
disabled = {_listed(settings.rules.disabled)}  # ids of rules that are switched off, such as "CT03"
"""


def _retention(kept: Retention) -> str:
    own = [f"{dataset} = {getattr(kept, dataset)}  # of this dataset" for dataset in CONTRACTS if getattr(kept, dataset) is not None]
    lines = [f"{name} = {getattr(kept, name)}  # {what}" for name, what in _KEPT.items()]
    return "\n".join([*_RETENTION, *lines, *(own or ["# CTX = 200  # a dataset that is kept for other days than the default"]), ""])


_RETENTION = (
    "# ---- How many days the unit keeps what it holds. Nothing goes by itself: counterfoil purge --dry-run shows what is due, and",
    "# --confirm destroys it. A run holds rows of the submissions in it: give `runs` no more days than the shortest dataset has.",
    "[retention]",
)
_KEPT = {
    "default": "a submission, from the day its extract was taken",
    "unused": "a submission that no run uses any more (replaced, sent twice, no longer agreed), from that day, where this is sooner",
    "quarantine": "a submission that was refused, from the day it arrived",
    "runs": "a run's tables and workbench, from its night; the newest run always stays",
}


def _hold(hold: Hold) -> str:
    return f"""\
# ---- A hold: what it covers is not destroyed while this stands here, whatever the days above say.
[[hold]]
id = {_quoted(hold.id)}  # as `purge` names it
partner = {_quoted(hold.partner)}  # only what this partner sent; "" for all
dataset = {_quoted(hold.dataset)}  # only this dataset; "" for all
submission = {_quoted(hold.submission)}  # only this submission; "" for all
reason = {_quoted(hold.reason)}  # who asked for it, and why
since = {hold.since.isoformat()}  # the day it came
"""


_NO_HOLD = """\
# ---- A hold: what it covers is not destroyed while it stands here, whatever the days above say. At least one of the three names; "" for all.
# [[hold]]
# id = "case-12"
# partner = ""
# dataset = "CTX"
# submission = ""
# reason = "asked for by the auditor"
# since = 2026-11-01
"""


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but TOML also wants DEL escaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"
