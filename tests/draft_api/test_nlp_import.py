"""Lines in, good rows and refused lines out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.draft_api.nlp import normal_key
from services.draft_api.nlp_import import (
    RefusedLine,
    Row,
    parse_csv,
    parse_jsonl,
    plan_import,
    write_csv,
    write_jsonl,
)
from shared.errors import InvalidError


def refused(parsed: object) -> list[tuple[int, str]]:
    return [(item.line, item.code) for item in parsed if isinstance(item, RefusedLine)]  # type: ignore[attr-defined]


def test_a_plain_file_is_read_with_its_line_numbers() -> None:
    rows = list(parse_csv(b'text,intent\nwhen is the next ferry,ferry_times\n\n"two, please",order\n'))
    assert rows == [Row(2, "when is the next ferry", "ferry_times", None), Row(4, "two, please", "order", None)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"only one field", "malformed_line"),
        (b"one,two,three", "malformed_line"),
        (b'"never closed,greet', "malformed_line"),
        (b'"closed" and more,greet', "malformed_line"),
        (b"no intent,", "missing_intent"),
        (b",greet", "empty_text"),
        (b"caf\xe9 au lait,order", "invalid_text"),
        (b"nul\x00l,order", "invalid_text"),
        ("\u200b,order".encode(), "empty_text"),
        ("hello there,gr\u2028eet".encode(), "invalid_name"),
        (b"one up,..", "invalid_name"),
        (b"x" * 1001 + b",order", "text_too_long"),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_around_it_go_in(line: bytes, code: str) -> None:
    parsed = list(parse_csv(b"text,intent\nhello,greet\n" + line + b'\n"bye, then",goodbye\nciao,goodbye\n'))
    assert refused(parsed) == [(3, code)]
    assert [row.text for row in parsed if isinstance(row, Row)] == ["hello", "bye, then", "ciao"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"hello,greet\n", "malformed_header"),
        (b"<html>502</html>", "malformed_header"),
        (b'{"text": "hello", "intent": "greet"}\n', "malformed_header"),
        (b"text,text,intent\nhello,hi,greet\n", "malformed_header"),
        (b"\n" + b"x" * 200_000, "malformed_header"),
        ("text,intent\nhello,greet\n".encode("utf-16"), "invalid_text"),
        ("text,intent\nhello,greet\n".encode("utf-16-le"), "invalid_text"),
        ("text,intent\nhello,greet\n".encode("utf-16-be"), "invalid_text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(file: bytes, code: str) -> None:
    with pytest.raises(InvalidError) as found:
        list(parse_csv(file))
    assert found.value.code == code


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_spreadsheets_write_is_read_whatever_its_delimiter_and_columns(delimiter: str, mark: bytes) -> None:
    lines = (
        ("Intent", "note", "Language", "TEXT"),
        ("order", "a, b; c\td", "nl", '"twee; of, drie"'),
        ("", "", "", ""),
        ("greet", "", "", "hoi"),
    )
    quoted = [["" if not cell else cell if cell[0] == '"' else f'"{cell}"' for cell in line] for line in lines]
    file = mark + "\r\n".join(delimiter.join(line) for line in quoted).encode()
    assert list(parse_csv(file)) == [Row(2, "twee; of, drie", "order", "nl"), Row(4, "hoi", "greet", None)]


def test_an_intent_without_expressions_is_a_row_without_text_and_language() -> None:
    rows = [Row(2, "", "greet", None), Row(3, "hi", "greet", "en")]
    assert list(parse_csv(write_csv(rows).encode())) == rows
    assert [(row.text, row.intent) for row in parse_jsonl(write_jsonl(rows)) if isinstance(row, Row)] == [
        ("", "greet"),
        ("hi", "greet"),
    ]
    forgotten = b"text,intent,language\n,greet,en\n"
    assert refused(parse_csv(forgotten)) == [(2, "empty_text")]


def test_json_lines_may_begin_with_a_byte_order_mark_and_are_never_utf_16() -> None:
    line = '{"text": "hi", "intent": "greet"}'
    assert list(parse_jsonl(line.encode("utf-8-sig"))) == [Row(1, "hi", "greet", None)]
    with pytest.raises(InvalidError) as found:
        list(parse_jsonl(line.encode("utf-16")))
    assert found.value.code == "invalid_text"


def test_a_nul_is_called_a_nul() -> None:
    (found,) = parse_csv(b"text,intent\nnul\x00l,order\n")
    assert isinstance(found, RefusedLine)
    assert "NUL" in found.detail


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "malformed_line"),
        (b"[1]", "malformed_line"),
        (b'{"text": 3, "intent": "greet"}', "malformed_line"),
        (b'{"text": "hi", "intent": "greet", "score": "1"}', "unknown_field"),
        (b'{"intent": "greet"}', "empty_text"),
        (b"\xff\xfe", "malformed_line"),
    ],
)
def test_a_bad_json_line_is_named_and_the_others_go_in(line: bytes, code: str) -> None:
    parsed = list(parse_jsonl(b'{"text": "hi", "intent": "greet"}\n' + line + b'\n{"text": "yo", "intent": "greet"}'))
    assert refused(parsed) == [(2, code)]
    assert [row.text for row in parsed if isinstance(row, Row)] == ["hi", "yo"]


def test_an_expression_of_another_intent_is_refused_by_its_name_and_one_of_its_own_is_skipped() -> None:
    rows = [Row(2, "Hello!", "greet", None), Row(3, "HELLO", "goodbye", None), Row(4, "hallo", "greet", "nl")]
    taken = {("en", normal_key("hello")): "greet"}
    plan = plan_import(rows, ("en", "nl"), taken, normal_key)
    assert plan.skipped == 1
    assert [(line.line, line.code) for line in plan.refused] == [(3, "duplicate_expression")]
    assert "'greet'" in plan.refused[0].detail
    assert [accepted.row.text for accepted in plan.accepted] == ["hallo"]


def test_a_language_that_the_bot_does_not_speak_is_refused() -> None:
    plan = plan_import([Row(2, "salut", "greet", "fr")], ("en",), {}, normal_key)
    assert [line.code for line in plan.refused] == ["unknown_language"]


_texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Z"]), min_size=1, max_size=30)


@given(st.lists(st.tuples(_texts, _texts), max_size=8))
def test_what_is_exported_is_read_back_as_it_was(pairs: list[tuple[str, str]]) -> None:
    rows = [Row(0, text, intent, "en") for text, intent in pairs if intent.isprintable()]
    for parsed in (parse_csv(write_csv(rows).encode()), parse_jsonl(write_jsonl(rows))):
        back = list(parsed)
        assert [(r.text, r.intent, r.language) for r in back if isinstance(r, Row)] == [
            (row.text, row.intent, row.language) for row in rows
        ]


@pytest.mark.parametrize("cell", ["=1+1", "+31 6", "-5 degrees", "@home", "'=quoted"])
def test_no_cell_of_an_export_is_a_formula(cell: str) -> None:
    line = write_csv([Row(0, cell, "greet", "en")]).splitlines()[1]
    assert line.lstrip('"').startswith("'")
