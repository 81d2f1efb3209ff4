"""CSV and JSON Lines in and out. Reading is pure: lines in, good rows and refused lines out."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

MAX_EXPRESSION = 1000
MAX_NAME = 200
_COLUMNS = ("text", "intent", "language")


@dataclass(frozen=True)
class Row:
    line: int
    text: str
    intent: str
    language: str | None


@dataclass(frozen=True)
class RefusedLine:
    line: int
    code: str
    detail: str


Parsed = Row | RefusedLine
Place = tuple[str, str]
"""Language and normal key: where at most one expression of a bot can be (T4)."""


@dataclass(frozen=True)
class Accepted:
    row: Row
    place: Place


@dataclass(frozen=True)
class ImportPlan:
    accepted: tuple[Accepted, ...]
    refused: tuple[RefusedLine, ...]
    skipped: int


def plan_import(
    parsed: Iterable[Parsed], languages: Sequence[str], taken: Mapping[Place, str], key: Callable[[str], str]
) -> ImportPlan:
    """Which lines go in. `taken` says whose (by intent name) each place is; `key` gives the normal key of a text."""
    owners = dict(taken)
    accepted, refused, skipped = [], [], 0
    for row in parsed:
        if isinstance(row, RefusedLine):
            refused.append(row)
            continue
        place = (row.language or languages[0], key(row.text))
        owner = owners.get(place)
        if place[0] not in languages:
            refused.append(RefusedLine(row.line, "unknown_language", f"This bot does not speak {place[0]!r}."))
        elif owner is None:
            owners[place] = row.intent
            accepted.append(Accepted(row, place))
        elif owner == row.intent:
            skipped += 1
        else:
            detail = f"{row.text!r} equals an expression of {owner!r}."
            refused.append(RefusedLine(row.line, "duplicate_expression", detail))
    return ImportPlan(tuple(accepted), tuple(refused), skipped)


def parse_csv(body: bytes) -> Iterator[Parsed]:
    """Header `text,intent[,language]`. A line that cannot be read is refused alone; the next one starts afresh."""
    lines = list(io.StringIO(_decoded(body), newline=""))
    if not lines:
        return
    header = [name.strip().lower() for name in next(csv.reader([lines[0]]))]
    if header[:2] != ["text", "intent"] or header not in (list(_COLUMNS[:2]), list(_COLUMNS)):
        yield RefusedLine(1, "malformed_header", "The first line must be text,intent or text,intent,language.")
        return
    yield from _csv_records(lines, len(header))


def _csv_records(lines: list[str], columns: int) -> Iterator[Parsed]:
    at = 1
    while at < len(lines):
        reader = csv.reader(_from(lines, at), strict=True)
        start = at
        try:
            for fields in reader:
                line, start = start, at + reader.line_num
                if fields:
                    yield _record(line + 1, fields, columns)
            return
        except csv.Error as error:
            yield RefusedLine(start + 1, "malformed_line", f"Not a CSV line: {error}.")
            at = start + 1


def _from(lines: list[str], at: int) -> Iterator[str]:
    for index in range(at, len(lines)):
        yield lines[index]


def _record(line: int, fields: list[str], columns: int) -> Parsed:
    if len(fields) != columns:
        return RefusedLine(line, "malformed_line", f"{len(fields)} fields where the header has {columns}.")
    return read_row(line, {name: unguarded(cell) for name, cell in zip(_COLUMNS, fields, strict=False)})


def parse_jsonl(body: bytes) -> Iterator[Parsed]:
    """One `{"text", "intent", "language"?}` a line; empty lines are passed over."""
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            yield _json_line(number, line)


def _json_line(number: int, line: bytes) -> Parsed:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return RefusedLine(number, "malformed_line", f"Not JSON: {error}.")
    if not isinstance(value, dict):
        return RefusedLine(number, "malformed_line", "Not a JSON object.")
    unknown = sorted(value.keys() - set(_COLUMNS))
    if unknown:
        return RefusedLine(number, "unknown_field", f"Unknown field {unknown[0]!r}.")
    if not all(isinstance(v, str) for v in value.values()):
        return RefusedLine(number, "malformed_line", "Every field is a string.")
    return read_row(number, value)


def read_row(line: int, fields: dict[str, Any]) -> Parsed:
    text, intent = " ".join(fields.get("text", "").split()), fields.get("intent", "").strip()
    problem = _problem(text, intent)
    if problem:
        return RefusedLine(line, *problem)
    return Row(line, text, intent, (fields.get("language") or "").strip() or None)


def _problem(text: str, intent: str) -> tuple[str, str] | None:
    if not intent:
        return "missing_intent", "The intent is empty."
    if not text:
        return "empty_text", "The text is empty."
    if len(text) > MAX_EXPRESSION:
        return "text_too_long", f"The text has {len(text)} characters; {MAX_EXPRESSION} are allowed."
    if len(intent) > MAX_NAME or not intent.isprintable():
        return "invalid_name", f"An intent name is printable and has up to {MAX_NAME} characters."
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text + intent):
        return "invalid_text", "The line is not valid UTF-8 text."
    return None


def _decoded(body: bytes) -> str:
    """Bytes that are not UTF-8 become lone surrogates, so that only their own line is refused."""
    return body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")


# What a spreadsheet would run as a formula; quoting the cell does not stop it, an apostrophe does.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_csv(rows: Iterable[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((guarded(row.text), guarded(row.intent), row.language) for row in rows)
    return out.getvalue()


def write_jsonl(rows: Iterable[Row]) -> bytes:
    return b"".join(
        orjson.dumps({"text": row.text, "intent": row.intent, "language": row.language}) + b"\n" for row in rows
    )
