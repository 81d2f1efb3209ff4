"""CSV and JSON Lines in and out. Reading is pure: lines in, good rows and refused lines out."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from services.draft_api.wording import expression_text, intent_name, refuse_unreadable
from shared.errors import InvalidError

_COLUMNS = ("text", "intent", "language")
# Spreadsheets write what is the custom of their country.
_DELIMITERS = ",;\t"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SHOWN, _LONGEST_HEADER = 80, 10_000


@dataclass(frozen=True)
class Row:
    """Without a text it names an intent that has no expressions."""

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
            detail = f"This bot does not speak {place[0]!r}, the language of {shown(row.text, row.intent)}."
            refused.append(RefusedLine(row.line, "unknown_language", detail))
        elif owner is None:
            owners[place] = row.intent
            accepted.append(Accepted(row, place))
        elif owner == row.intent:
            skipped += 1
        else:
            detail = f"{shown(row.text, row.intent)} equals an expression of {owner!r}."
            refused.append(RefusedLine(row.line, "duplicate_expression", detail))
    return ImportPlan(tuple(accepted), tuple(refused), skipped)


def shown(text: str, intent: str) -> str:
    """What it takes to find an expression in files whose lines nobody counts."""
    return f"{text[:_SHOWN]!r} of {intent!r}"


@dataclass(frozen=True)
class _Header:
    delimiter: str
    names: tuple[str, ...]


def parse_csv(body: bytes) -> Iterator[Parsed]:
    """A line that cannot be read is refused alone; the next one starts afresh.

    Raises InvalidError `invalid_text`, `malformed_header`.
    """
    # Bytes that are not UTF-8 become lone surrogates, so that only their own line is refused.
    text = _without_mark(body).decode("utf-8", errors="surrogateescape")
    lines = list(io.StringIO(text, newline=""))
    if lines:
        yield from _csv_records(lines, _header(lines[0]))


def _header(line: str) -> _Header:
    """Names `text`, `intent` and perhaps `language`, in any order and among others, between one of the delimiters."""
    for delimiter in _DELIMITERS:
        cells = next(csv.reader([line[:_LONGEST_HEADER]], delimiter=delimiter))
        names = tuple(cell.strip().lower() for cell in cells)
        if [names.count(column) for column in _COLUMNS] in ([1, 1, 0], [1, 1, 1]):
            return _Header(delimiter, names)
    detail = "The first line must name the columns: text,intent or text,intent,language, also with ; or tabs between."
    raise InvalidError("malformed_header", detail, line=1)


def _csv_records(lines: list[str], header: _Header) -> Iterator[Parsed]:
    at = 1
    while at < len(lines):
        reader = csv.reader(_from(lines, at), delimiter=header.delimiter, strict=True)
        start = at
        try:
            for fields in reader:
                line, start = start, at + reader.line_num
                if any(fields):
                    yield _record(line + 1, fields, header.names)
            return
        except csv.Error as error:
            yield RefusedLine(start + 1, "malformed_line", f"Not a CSV line: {error}.")
            at = start + 1


def _from(lines: list[str], at: int) -> Iterator[str]:
    for index in range(at, len(lines)):
        yield lines[index]


def _record(line: int, fields: list[str], names: Sequence[str]) -> Parsed:
    if len(fields) != len(names):
        return RefusedLine(line, "malformed_line", f"{len(fields)} fields where the header has {len(names)}.")
    cells = dict(zip(names, map(unguarded, fields), strict=True))
    return read_row(line, {name: cells[name] for name in _COLUMNS if name in cells})


def parse_jsonl(body: bytes) -> Iterator[Parsed]:
    """One `{"text", "intent", "language"?}` a line; empty lines are passed over. Raises InvalidError `invalid_text`."""
    for number, line in enumerate(_without_mark(body).splitlines(), start=1):
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


def read_row(line: int, fields: Mapping[str, str]) -> Parsed:
    """A row of an intent alone leaves out the language too, in so many words: a text that was forgotten is refused."""
    text, intent, language = fields.get("text", ""), fields.get("intent", ""), fields.get("language")
    try:
        refuse_unreadable(intent)
        if not intent.strip():
            return RefusedLine(line, "missing_intent", "The intent is empty.")
        alone = not text.strip() and language is not None and not language.strip()
        said = "" if alone else expression_text(text)
        return Row(line, said, intent_name(intent), (language or "").strip() or None)
    except InvalidError as error:
        return RefusedLine(line, error.code, error.detail)


def _without_mark(body: bytes) -> bytes:
    """Without UTF-8's byte order mark. Raises InvalidError `invalid_text` for UTF-16, of which no line is readable."""
    if body.startswith(_UTF16) or b"\0" in body[:2]:
        detail = "The file is UTF-16: save it as UTF-8 (a spreadsheet calls that CSV UTF-8)."
        raise InvalidError("invalid_text", detail)
    return body.removeprefix(b"\xef\xbb\xbf")


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
        orjson.dumps({"text": row.text, "intent": row.intent, "language": row.language or ""}) + b"\n" for row in rows
    )
