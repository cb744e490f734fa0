"""A dataset's specification as one HTML page: no script, no font, no link to anywhere, readable without its style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from pipeline.field_words import between_fields, how_written, limits, needed
from schemas.contract import Contract, Field

_STYLE = """
body { font-family: Arial, Helvetica, sans-serif; line-height: 1.5; margin: 0 auto; max-width: 75rem; padding: 1rem; color: #111; background: #fff }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0; width: 100% }
caption { font-weight: bold; text-align: left; padding: 0.5rem 0 }
th, td { border: 1px solid #767676; padding: 0.4rem 0.6rem; text-align: left; vertical-align: top }
thead th { background: #eee }
code { font-family: Consolas, Menlo, monospace; overflow-wrap: anywhere }
th code { overflow-wrap: normal }
a { color: #0b4f9e }
a:focus, .wide:focus { outline: 3px solid #b35900 }
@media print { body { max-width: none; font-size: 9pt } thead { display: table-header-group } tr { break-inside: avoid } }
"""


def page(contract: Contract) -> str:
    """Return the page of one dataset."""
    title = f"{contract.id}: {contract.title}"
    body = f"""\
<h1>{escape(title)}</h1>
<p>{escape(contract.description)}</p>
<dl>
<dt>One row is</dt><dd>{escape(contract.grain)}</dd>
<dt>Version of this specification</dt><dd>{escape(contract.version)}</dd>
</dl>
<h2 id="file">The file</h2>
<ul>
<li>CSV in UTF-8, comma separated, with a header line. Other encodings and separators are read where your mapping names them.</li>
<li>The headers below, in any order. If yours have other names, <code>counterfoil map suggest {contract.id} FILE</code> proposes a mapping.</li>
<li>An empty value means <em>not known</em>. Nothing is filled in for you.</li>
</ul>
<h2 id="rules">What must hold</h2>
{_listing(between_fields(contract))}
<h2 id="fields">The fields</h2>
{_field_table(contract)}
<h2 id="visibility">Who may see a value</h2>
<dl>
<dt>match-only</dt><dd>Nobody. It is compared, and then forgotten.</dd>
<dt>own side</dt><dd>You, in your own report. The other council never sees it.</dd>
<dt>shared</dt><dd>Both councils of an exception.</dd>
</dl>
{_codes(contract)}"""
    return _document(title, body)


def index_page(contracts: Sequence[Contract]) -> str:
    """Return a page that lists all datasets."""
    rows = "\n".join(
        f'<tr><th scope="row"><a href="{c.id.lower()}.html">{c.id}</a></th><td>{escape(c.title)}</td><td>{escape(c.grain)}</td>'
        f"<td>{escape(c.description)}</td><td>{escape(c.version)}</td></tr>"
        for c in contracts
    )
    heads = _heads(("Dataset", "Title", "One row is", "What to send", "Version"))
    return _document("Datasets", f"<h1>Datasets</h1>\n{_region('datasets', 'All datasets', heads, rows)}")


def _document(title: str, body: str) -> str:
    return f"""\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Counterfoil specification</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _field_table(contract: Contract) -> str:
    heads = _heads(("Field", "What it is", "How it is written", "Needed", "Role", "Who may see it", "Example"))
    return _region("field-table", f"Fields of {contract.id}", heads, "\n".join(_field_row(f) for f in contract.fields))


def _field_row(f: Field) -> str:
    written = escape("; ".join(words for words in (how_written(f), limits(f)) if words))
    if f.codes:
        written = f'<a href="#codes-{f.name}">{written}</a>'
    example = f"<code>{escape(f.example)}</code>" if f.example else "(none)"
    cells = (escape(f.description), written, escape(needed(f)), escape(f.role), escape(f.visibility), example)
    return f'<tr><th scope="row"><code>{f.name}</code></th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _codes(contract: Contract) -> str:
    coded = [f for f in contract.fields if f.codes]
    if not coded:
        return ""
    parts = ['<h2 id="codes">Codes</h2>']
    for f in coded:
        rows = "\n".join(f'<tr><th scope="row"><code>{escape(code)}</code></th><td>{escape(meaning)}</td></tr>' for code, meaning in f.codes.items())
        parts.append(f'<h3 id="codes-{f.name}"><code>{f.name}</code></h3>\n{_region(f"table-{f.name}", f"Codes of {f.name}", _heads(("Code", "Meaning")), rows)}')
    return "\n".join(parts)


def _region(name: str, caption: str, heads: str, rows: str) -> str:
    # a wide table scrolls in a region of its own, which the keyboard can reach
    return f"""\
<div class="wide" role="region" aria-labelledby="{name}" tabindex="0">
<table>
<caption id="{name}">{escape(caption)}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _heads(names: Iterable[str]) -> str:
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def _listing(items: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + "\n</ul>"
