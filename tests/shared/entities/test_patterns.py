"""Patterns of builders, and those of builders who mean harm."""

import pytest

from shared.entities.patterns import Pattern
from shared.errors import InvalidError
from tests.shared.entities.harbour import told


def ticket(pattern: str) -> dict[str, object]:
    return {"ticket": {"kind": "match", "pattern": pattern}}


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"[A-Z]{2}\d{4}", "ÄÖ 🎫 AB1234 and CD5678", [("AB1234", "AB1234"), ("CD5678", "CD5678")]),
        (r"(?i)seat (\d+)([a-f])", "Seat 12C", [("12", "12")]),
        (r"x*", "boxx", [("xx", "xx")]),
        (r"(a)?b", "b ab", [("a", "a")]),
        (r"\pL+", "naïve 東京", [("naïve", "naïve"), ("東京", "東京")]),
        (r"\d+", "no digits", []),
    ],
)
def test_the_first_group_is_the_value_else_the_whole(pattern: str, text: str, expected: list[object]) -> None:
    assert told(ticket(pattern), text) == expected


@pytest.mark.parametrize(
    "pattern",
    ["(", "[a", "a{1001}", "(?=x)", r"(x)\1", "(?<!x)y", "*", "((((x{100}){100}){100}){100})", "a" * 1001, "\\"],
)
def test_what_re2_does_not_take_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidError) as refused:
        Pattern.of("ticket", pattern)
    assert refused.value.code == "regex_invalid"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "((a+)?){50}b", "(.*a){20}", "^(([a-z])+.)+[A-Z]"])
def test_patterns_that_never_end_elsewhere_answer(pattern: str) -> None:
    assert len(told(ticket(pattern), "a" * 999 + "!")) <= 50


def test_a_message_with_half_characters_is_read() -> None:
    assert told(ticket("b+"), "\ud83d bb \udea2\ud83d") == [("bb", "bb")]
