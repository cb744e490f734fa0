"""A partner's file to lines of text fields, each with its line number; whatever cannot be read is a reject.

Short rows are never filled up, columns are found by name and never by position, and the records that come out are
counted against the records that went in.
"""

from __future__ import annotations

import csv
import hashlib
import io
import stat
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.decode import Decoded, decode
from pipeline.structure import Structure, scan
from schemas.contract import Contract
from schemas.errors import DataRejected, StorageError, nearest
from schemas.mapping import Mapping
from schemas.problems import PROBLEMS
from schemas.records import REJECT
from schemas.relations import AS_DECLARED, ReadOptions, Received

MAX_BYTES = 4 * 1024**3
MAX_COLUMNS = 2_000
MAX_RECORD_BYTES = 1_000_000
SPREADSHEET_LAST_ROWS = (65_535, 65_536, 1_048_575, 1_048_576)
_DELIMITER_NAMES = {";": "semicolon", "\t": "tab", "|": "pipe", "~": "tilde", ",": "comma"}


def read(path: Path, contract: Contract, mapping: Mapping, options: ReadOptions = AS_DECLARED) -> Received:
    """Return the file's records as text, under the contract's column names.

    Args:
        mapping: contract field -> header, encoding and delimiter of this layout.

    Raises:
        DataRejected: the file is empty, cut off, no table, separated otherwise, or lacks a required column.
    """
    raw = _bytes(path)
    if raw.startswith(b"PAR1"):
        return _read_parquet(path, raw, contract, mapping, options)
    decoded = decode(raw, options.encoding or mapping.encoding, file=path.name)
    digest, size = hashlib.sha256(raw).hexdigest(), len(raw)
    del raw
    delimiter = _delimiter(options.delimiter or mapping.delimiter)
    data = decoded.data if b"\n" in decoded.data else decoded.data.replace(b"\r", b"\n")
    structure = scan(data, delimiter)
    header = _header(data, structure, delimiter, path.name)
    positions, notes = _positions(header, contract, mapping, path.name)
    good, rejects = _sort_out(data, structure, len(header), decoded, path.name)
    rows = _fields(data, structure, good, header, positions, delimiter)
    records = int(structure.start.size - 1)
    rows, blank_lines = _without_blank(rows)
    blank = blank_lines.len()
    rejects = pl.concat([rejects, _rejects_of(path.name, blank_lines, pl.repeat("row-blank", blank, dtype=pl.String, eager=True))])
    notes += _end_notes(data, records, path.name, options)
    _refuse_empty(records - blank, path.name, options)
    return Received(
        path.name, rows, rejects, records - blank, size, digest, decoded.encoding, mapping.layout, (*decoded.notes, *notes)
    )


def read_header(path: Path, *, encoding: str = "", delimiter: str = "") -> list[str]:
    """Return the file's column names, cleaned; unnamed columns come out as empty texts."""
    raw = _bytes(path)
    if raw.startswith(b"PAR1"):
        return [str(name) for name in _open_parquet(path, raw).schema_arrow.names]
    decoded = decode(_head(raw), encoding, file=path.name)
    data = decoded.data if b"\n" in decoded.data else decoded.data.replace(b"\r", b"\n")
    mark = _delimiter(delimiter)
    return _header(data, scan(data, mark), mark, path.name)


def _head(raw: bytes) -> bytes:
    """Return the first lines, cut at a line end so that no character is cut."""
    cut = raw.find(b"\n", 65_536)
    return raw if cut < 0 else raw[: cut + 1 + (raw[cut + 1 : cut + 2] == b"\0")]


def _bytes(path: Path) -> bytes:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise DataRejected("this is a device or a pipe, not a file", file=path.name, mend="save it as a file first")
        size = about.st_size
        if size > MAX_BYTES:
            raise DataRejected(f"the file is larger than {MAX_BYTES // 1024**3} GB", file=path.name, mend="send it in parts, as periods or as Parquet")
        raw = path.read_bytes()
    except FileNotFoundError:
        close = nearest(path.name, [entry.name for entry in path.parent.iterdir()]) if path.parent.is_dir() else []
        raise DataRejected("the file does not exist", file=str(path), mend=f"did you mean {' or '.join(close)}?" if close else "check the name and the folder") from None
    except IsADirectoryError:
        raise DataRejected("this is a folder, not a file", file=str(path), mend="name the files in it") from None
    except PermissionError:
        raise StorageError("the file may not be read", file=str(path), mend="close the program that holds it, or ask for the right to read it") from None
    if not raw.strip(b"\r\n \t\0\xef\xbb\xbf\xff\xfe"):
        raise DataRejected("the file is empty", file=path.name, found=f"{len(raw):,} bytes and no text", mend="export it again; an empty file never means 'delete all'")
    if raw.startswith(b"PK\x03\x04"):
        raise DataRejected("this is a spreadsheet workbook or a zip archive, not a CSV", file=path.name, mend="save the sheet as 'CSV UTF-8', and send that")
    return raw


def _delimiter(declared: str) -> str:
    delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "tilde": "~"}.get(declared, declared) or ","
    if len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii():
        raise DataRejected("a delimiter is one character", mend="use one of , ; | ~ or the word tab")
    return delimiter


def _header(data: bytes, structure: Structure, delimiter: str, file: str) -> list[str]:
    if not structure.start.size:
        raise DataRejected("the file is empty", file=file, mend="export it again")
    first = data[structure.start[0] : structure.end[0]]
    header = _split(first, delimiter)
    if len(header) > MAX_COLUMNS:
        raise DataRejected(f"the file has more than {MAX_COLUMNS:,} columns", file=file, row=1, found=f"{len(header):,} columns", mend="export the contract's columns only")
    if len(header) < 2:
        for other in ";\t|~,":
            width = len(_split(first, other))
            if other != delimiter and width > 1:
                name = _DELIMITER_NAMES[other]
                raise DataRejected(
                    f"the file looks {name} separated", file=file, row=1,
                    found=f"{width} columns with {name}s, one with {_DELIMITER_NAMES.get(delimiter, 'the declared delimiter')}s",
                    mend=f"add --delimiter {name} to the command, or delimiter = \"{name}\" to the mapping",
                )
    return [clean_header(name) for name in header]


def _split(line: bytes, delimiter: str) -> list[str]:
    text = line.decode("utf-8", "replace")
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def clean_header(name: str) -> str:
    """Return a header without marks, line ends and spaces that nobody sees."""
    for unseen in "\ufeff\u200b\u200e\u200f\u00ad\0":
        name = name.replace(unseen, "")
    return " ".join(name.split())


def _positions(header: list[str], contract: Contract, mapping: Mapping, file: str) -> tuple[dict[str, int], list[str]]:
    """Return contract field -> position in the file, and what to tell the user about the other columns."""
    folded: dict[str, list[int]] = {}
    for position, name in enumerate(header):
        folded.setdefault(name.casefold(), []).append(position)
    found: dict[str, int] = {}
    for field, theirs in mapping.columns.items():
        at = folded.get(clean_header(theirs).casefold(), [])
        if len(at) > 1:
            raise DataRejected("two columns have the same header", file=file, row=1, column=field,
                               found=f"{ascii(theirs)} in columns {' and '.join(str(i + 1) for i in at)}", mend="give each column a name of its own")
        if at:
            found[field] = at[0]
    _refuse_missing(header, contract, mapping, found, file)
    return found, _column_notes(header, contract, mapping, found)


def _refuse_missing(header: list[str], contract: Contract, mapping: Mapping, found: dict[str, int], file: str) -> None:
    missing = [f.name for f in contract.fields if f.mark == "required" and f.name not in found and f.name not in mapping.constants]
    if not missing:
        return
    hints = []
    for name in missing:
        wanted = (name, mapping.columns.get(name, ""), *contract.field(name).aliases)
        close = next((near for want in wanted if want for near in nearest(want, [h for h in header if h], most=1)), "")
        hints.append(f"{name} (nearest header: {ascii(close)[1:-1]})" if close else name)
    raise DataRejected(
        f"{'a required column is' if len(missing) == 1 else f'{len(missing)} required columns are'} missing", file=file, row=1,
        found=f"no column for {', '.join(hints)}",
        mend=f"counterfoil map suggest {contract.id} {file} proposes a mapping; a value that is the same for all rows goes under [constants]",
    )


def _column_notes(header: list[str], contract: Contract, mapping: Mapping, found: dict[str, int]) -> list[str]:
    used = set(found.values())
    ignored = {clean_header(name).casefold() for name in mapping.ignore}
    extra = [ascii(name)[1:-1] for position, name in enumerate(header) if name and position not in used and name.casefold() not in ignored]
    unnamed = [str(position + 1) for position, name in enumerate(header) if not name]
    notes = []
    if extra:
        notes.append(f"{len(extra)} columns are not in the contract and were not read: {', '.join(extra[:10])}{' ...' if len(extra) > 10 else ''}")
    if unnamed:
        notes.append(f"columns without a header were not read: number {', '.join(unnamed)}")
    absent = [f.name for f in contract.fields if f.mark == "desired" and f.name not in found and f.name not in mapping.constants]
    if absent:
        notes.append(f"desired columns that the file does not hold: {', '.join(absent)}")
    return notes


def _sort_out(data: bytes, structure: Structure, width: int, decoded: Decoded, file: str) -> tuple[np.ndarray, pl.DataFrame]:
    """Return which records are good (header left out), and the rejects of the others."""
    fields, lines = structure.fields, structure.line
    code = np.full(fields.size, "", dtype="U20")
    code[(fields > 0) & (fields < width)] = "row-too-short"
    code[fields > width] = "row-too-long"
    code[fields == 0] = "quote-not-closed"
    code[(structure.end - structure.start) > MAX_RECORD_BYTES] = "row-too-long"
    if b"\0" in data:
        nul = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)
        code[np.searchsorted(structure.start, nul, side="right") - 1] = "nul-byte"
    if decoded.bad_lines:
        bad = np.array(sorted(decoded.bad_lines), np.int64)
        code[np.maximum(np.searchsorted(lines, bad, side="right") - 1, 0)] = "bytes-undecodable"
    code[0] = ""
    wrong = np.flatnonzero(code != "")
    rejects = _rejects_of(file, pl.Series(lines[wrong], dtype=pl.Int64), pl.Series(code[wrong].tolist(), dtype=pl.String))
    good = code == ""
    good[0] = False
    return np.flatnonzero(good), rejects


def _rejects_of(file: str, lines: pl.Series, codes: pl.Series) -> pl.DataFrame:
    """Return rejects of whole lines, shape `REJECT`."""
    severities = codes.replace_strict({code: str(p.severity) for code, p in PROBLEMS.items()}, return_dtype=pl.String)
    nothing = pl.repeat("", lines.len(), dtype=pl.String, eager=True)
    named = pl.repeat(file, lines.len(), dtype=pl.String, eager=True)
    return pl.DataFrame([named.alias("file"), lines.alias("line"), nothing.alias("column"), codes.alias("code"), severities.alias("severity")]).cast(REJECT.schema)


def _fields(data: bytes, structure: Structure, good: np.ndarray, header: list[str], positions: dict[str, int], delimiter: str) -> pl.DataFrame:
    names = sorted(positions, key=positions.__getitem__)
    if not good.size:
        return pl.DataFrame(schema={"line": pl.Int64(), **{name: pl.String() for name in names}})
    body = _regular_bytes(data, structure, good)
    frame = pl.read_csv(
        body, has_header=False, separator=delimiter, quote_char='"' if b'"' in body else None, infer_schema=False,
        new_columns=[f"c{i}" for i in range(len(header))],
        columns=[positions[name] for name in names],
    )
    if frame.height != good.size:
        raise RuntimeError(f"the scan saw {good.size} records, the parser {frame.height}")
    frame = frame.rename({f"c{positions[name]}": name for name in names})
    return frame.select(pl.Series("line", structure.line[good], pl.Int64), *names)


def _regular_bytes(data: bytes, structure: Structure, good: np.ndarray) -> bytes:
    """Return the good records alone, one after the other."""
    breaks = np.flatnonzero(np.diff(good) > 1)
    if not breaks.size and _contiguous(structure, good):
        return data[structure.start[good[0]] : structure.end[good[-1]]]
    parts = [data[structure.start[i] : structure.end[i]] for i in good]
    return b"\n".join(parts)


def _contiguous(structure: Structure, good: np.ndarray) -> bool:
    gaps = structure.start[good[1:]] - structure.end[good[:-1]]
    return bool((gaps <= 2).all())


def _without_blank(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the rows that say something, and the lines of those that hold delimiters only."""
    texts = [name for name in rows.columns if name != "line"]
    if not texts or not rows.height:
        return rows, pl.Series("line", [], pl.Int64)
    blank = pl.all_horizontal((pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "")) for name in texts)
    return rows.filter(~blank), rows.filter(blank)["line"]


def _end_notes(data: bytes, records: int, file: str, options: ReadOptions) -> list[str]:
    if records in SPREADSHEET_LAST_ROWS and not options.allow_ceiling:
        raise DataRejected(
            f"the file ends exactly at a spreadsheet's last row ({records:,} records)", file=file,
            mend="export from the system itself; if the file is complete all the same, add --allow-ceiling",
        )
    if not data.endswith(b"\n"):
        return ["the last line has no line end; make sure that the file is complete"]
    return []


def _refuse_empty(records: int, file: str, options: ReadOptions) -> None:
    if records <= 0 and not options.allow_empty:
        raise DataRejected("the file has a header and no rows", file=file, mend="an empty extract never means 'delete all'; if it is meant, add --allow-empty")


def _open_parquet(path: Path, raw: bytes) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(pa.BufferReader(raw), page_checksum_verification=True)
    except (pa.ArrowInvalid, pa.ArrowIOError, OSError):
        raise DataRejected("the Parquet file is incomplete", file=path.name, found="no readable footer at its end", mend="copy or export the file again") from None


def _read_parquet(path: Path, raw: bytes, contract: Contract, mapping: Mapping, options: ReadOptions) -> Received:
    parquet = _open_parquet(path, raw)
    schema = parquet.schema_arrow
    nested = [field.name for field in schema if pa.types.is_nested(field.type) or isinstance(field.type, pa.BaseExtensionType)]
    if nested:
        raise DataRejected("the Parquet file has columns that are not flat", file=path.name, found=f"columns {', '.join(ascii(n) for n in nested[:5])}", mend="write plain columns only")
    header = [clean_header(name) for name in schema.names]
    positions, notes = _positions(header, contract, mapping, path.name)
    try:
        table = pl.DataFrame(parquet.read(columns=[schema.names[i] for i in positions.values()]))
    except (pa.ArrowException, OSError):
        raise DataRejected("the Parquet file is damaged", file=path.name, found="a page that does not decode", mend="copy or export the file again") from None
    rows = table.select(
        pl.int_range(2, table.height + 2, dtype=pl.Int64).alias("line"),
        *(_as_text(table.schema[schema.names[at]], schema.names[at]).alias(field) for field, at in positions.items()),
    )
    _refuse_empty(rows.height, path.name, options)
    return Received(path.name, rows, REJECT.empty(), rows.height, len(raw), hashlib.sha256(raw).hexdigest(), "parquet", mapping.layout, tuple(notes))


def _as_text(dtype: pl.DataType, name: str) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d")
    if dtype == pl.Boolean:
        return pl.when(column).then(pl.lit("Y")).when(~column).then(pl.lit("N"))
    return column.cast(pl.String)
