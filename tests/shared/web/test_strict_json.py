"""Whatever bytes arrive: a value that both databases can keep, or a refusal with a name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError, MalformedError
from shared.web.strict_json import JsonLimits, parse_json

REFUSED = {
    "empty": (b"", "malformed_json"),
    "only spaces": (b" \n\t", "malformed_json"),
    "not JSON": (b"{name: ferry}", "malformed_json"),
    "cut short": (b'{"name": "fer', "malformed_json"),
    "trailing": (b'{"name": "ferry"} {}', "malformed_json"),
    "byte order mark": (b'\xef\xbb\xbf{"name": "ferry"}', "malformed_json"),
    "bad UTF-8": (b'{"name": "caf\xe9"}', "malformed_json"),
    "UTF-16": ('{"name": "ferry"}'.encode("utf-16"), "malformed_json"),
    "encoded surrogate": (b'{"name": "\xed\xa0\x80"}', "malformed_json"),
    "65 deep": (b"[" * 65 + b"]" * 65, "json_limits"),
    "5,000 deep": (b"[" * 5000 + b"]" * 5000, "json_limits"),
    "100,000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json_limits"),
    "10,001 keys": (json.dumps({str(n): n for n in range(10_001)}).encode(), "json_limits"),
    "10,001 keys in pieces": (json.dumps([{str(n): n} for n in range(10_001)]).encode(), "json_limits"),
    "65 digits": (b'{"n": 0.' + b"1" * 64 + b"}", "json_limits"),
    "65 whole digits": (b'{"n": ' + b"1" * 65 + b"}", "json_limits"),
    "5,000 digits": (b"9" * 5000, "json_limits"),
    "same key twice": (b'{"name": "ferry", "name": "soup"}', "json_limits"),
    "same key twice, spelt apart": (b'{"name": 1, "n\\u0061me": 2}', "json_limits"),
    "same key twice, far in": (b'[{"a": [{"b": 1, "b": 2}]}]', "json_limits"),
    "NaN": (b'{"n": NaN}', "json_limits"),
    "Infinity": (b'{"n": -Infinity}', "json_limits"),
    "1e999": (b'{"n": 1e999}', "json_limits"),
    "lone surrogate": (b'{"name": "\\ud800"}', "json_limits"),
    "lone surrogate as a key": (b'{"\\udc00": 1}', "json_limits"),
    "NUL": (b'{"name": "fer\\u0000ry"}', "invalid_text"),
    "NUL in a key": (b'{"na\\u0000me": 1}', "invalid_text"),
    "2 to the 63rd": (b'{"n": 9223372036854775808}', "out_of_range"),
    "below int64": (b'{"n": -9223372036854775809}', "out_of_range"),
    "beyond uint64": (b'{"n": 18446744073709551616}', "out_of_range"),
    "sixty digits": (b'{"n": ' + b"1" * 60 + b"}", "out_of_range"),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_a_document_that_could_be_read_in_two_ways_is_refused_by_name(body: bytes, code: str) -> None:
    with pytest.raises((MalformedError, InvalidError)) as refusal:
        parse_json(body)
    assert refusal.value.code == code
    status = 422 if code in {"invalid_text", "out_of_range"} else 400
    assert refusal.value.status == status


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ferry 🚢", "n": 2**63 - 1, "m": -(2**63), "f": 0.1, "none": None, "yes": True},
        {str(n): n for n in range(10_000)},
        ["1" * 100, "::::", {"a": 1}, {"a": 2}],
        json.loads("[" * 64 + "]" * 64),
        "just text",
        None,
    ],
)
def test_what_is_within_the_limits_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


def test_a_number_of_64_digits_after_the_point_is_read() -> None:
    assert parse_json(b"0." + b"1" * 63) == pytest.approx(1 / 9)


def test_a_hundred_digits_in_a_text_are_no_number() -> None:
    assert parse_json(b'{"account": "' + b"7" * 100 + b'"}') == {"account": "7" * 100}


def test_a_service_may_allow_more_keys_where_whole_bots_arrive() -> None:
    body = json.dumps({str(n): n for n in range(10_001)}).encode()
    assert len(parse_json(body, JsonLimits(keys=20_000))) == 10_001


def read(body: bytes) -> Any:
    try:
        return parse_json(body)
    except (MalformedError, InvalidError) as refusal:
        return refusal


@given(st.binary(max_size=200))
def test_no_bytes_at_all_bring_the_reader_down(body: bytes) -> None:
    read(body)


SCRAPS = st.lists(
    st.sampled_from([
        "{", "}", "[", "]", ":", ",", '"a"', '"a":', "1", "-", ".", "e9", "E999", "0" * 70, "true", "NaN", '"\\u0000"',
        '"\\ud834\\udd1e"', '"\\ud834"', "9223372036854775808", " ", "\ufeff", '"', "\\", "null", "-Infinity",
    ]),
    max_size=30,
)  # fmt: skip


@given(SCRAPS)
def test_no_heap_of_json_scraps_brings_the_reader_down(scraps: list[str]) -> None:
    read("".join(scraps).encode())


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_honest_document_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    assert read(json.dumps(value).encode()) == value
