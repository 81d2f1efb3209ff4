"""Numbers as they are written and said: fractions, signs, scales, and what only looks like them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.shared.entities.harbour import EVERYTHING, SYSTEM, told

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

Rows = list[tuple[str, str, list[tuple[str, Any]]]]


def alone(kind: str, text: str, language: str) -> list[tuple[str, Any]]:
    found = told({kind: EVERYTHING[kind]}, text, language, now=NOON)
    return [(place, (value["amount"], value["currency"]) if kind == "money" else value) for place, value in found]


FRACTIONS: Rows = [
    ("en", "½", [("½", 0.5)]), ("en", "¾ cup", [("¾", 0.75)]), ("en", "1½", [("1½", 1.5)]),
    ("en", "é 1 ½ cups, -2¼ and 12⅓kg", [("1 ½", 1.5), ("-2¼", -2.25), ("12⅓", 12.333333)]),
    ("en", "2 1/2 cups and 3 2/3", [("2 1/2", 2.5), ("3 2/3", 3.666667)]),
    ("en", "1/2/2027, 2027/02/01 or 2026-12-01, not 31.12.2026", []),
    ("en", "on 3/4", []), ("en", "it is open 24/7", [("24", 24), ("7", 7)]),
    ("en", "table for 4 12/25", [("4", 4), ("12", 12), ("25", 25)]),
    ("en", "v1.2.3, 10.0.10.1 and 0470/12.34.56 x½", [("0470", 470)]),
    ("en", "5-10 people, pages 3-5", [("5", 5), ("10", 10), ("3", 3), ("5", 5)]),
]  # fmt: skip
GROUPED: Rows = [
    ("fr", "1 234,56 km", [("1 234,56", 1234.56)]), ("fr", "1\u202f234,5", [("1\u202f234,5", 1234.5)]),
    ("sv", "1\u00a0234\u00a0567,89 m", [("1\u00a0234\u00a0567,89", 1234567.89)]),
    ("fr", "tables 2 1,5 et 12 34 567", [("2", 2), ("1,5", 1.5), ("12", 12), ("34", 34), ("567", 567)]),
    ("fr", "en 2026 100 places, du 0 123", [("2026", 2026), ("100", 100), ("0", 0), ("123", 123)]),
    ("en", "1,23,456.50 and 12,34,567", [("1,23,456.50", 123456.5), ("12,34,567", 1234567)]),
    ("en", "1,2,3 or 123,45,678", []), ("en", "version 1.23.456", []),
    ("ar", "٣٤٫٥ و ١٬٢٣٤ و ١٬٢٣٤٫٥", [("٣٤٫٥", 34.5), ("١٬٢٣٤", 1234), ("١٬٢٣٤٫٥", 1234.5)]),
]  # fmt: skip
SAID: Rows = [
    ("en", "two point five", [("two point five", 2.5)]),
    ("en", "twenty-one point zero five", [("twenty-one point zero five", 21.05)]),
    ("en", "three point one four a day", [("three point one four", 3.14)]),
    ("en", "two point five million", [("two point five million", 2500000)]),
    ("de", "drei Komma fünf", [("drei Komma fünf", 3.5)]), ("nl", "een komma vijf", [("een komma vijf", 1.5)]),
    ("fr", "trois virgule vingt-cinq", [("trois virgule vingt-cinq", 3.25)]),
    ("es", "dos coma cinco", [("dos coma cinco", 2.5)]),
    ("en", "the point is: two points", [("two", 2)]), ("en", "a point two people made", [("two", 2)]),
    ("en", "at one point five people left", [("one", 1), ("five", 5)]),
    ("en", "take one. Point five is mine", [("one", 1), ("five", 5)]),
]  # fmt: skip
SIGNS: Rows = [
    ("en", "minus five", [("minus five", -5)]), ("en", "minus two point five", [("minus two point five", -2.5)]),
    ("nl", "min vijf", [("min vijf", -5)]), ("de", "minus fünf", [("minus fünf", -5)]),
    ("fr", "il fait moins 5", [("moins 5", -5)]), ("es", "menos cinco grados", [("menos cinco", -5)]),
    ("en", "ten minus five, plus or minus 2", [("ten", 10), ("five", 5), ("2", 2)]),
    ("nl", "duurt 5 min 30, plus min vijf", [("5", 5), ("30", 30), ("vijf", 5)]),
    ("fr", "au moins cinq, plus ou moins six", [("cinq", 5), ("six", 6)]),
    ("fr", "huit heures moins dix", [("huit", 8), ("dix", 10)]),
    ("es", "al menos cinco, todos menos dos", [("cinco", 5), ("dos", 2)]),
]  # fmt: skip
SCALES: Rows = [
    ("en", "10k steps in 5 km", [("10k", 10000), ("5", 5)]), ("en", "5k2 and k8s", []),
    ("nl", "5 mln klanten", [("5 mln", 5000000)]), ("de", "1,5 Mrd", [("1,5 Mrd", 1500000000)]),
]  # fmt: skip
CLOCKS: Rows = [
    ("en", "at 09:00 or 12:30:15, score 3:1", [("3", 3), ("1", 1)]), ("en", "10 a.m.", [("10", 10)]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "numbers"), [*FRACTIONS, *GROUPED, *SAID, *SIGNS, *SCALES, *CLOCKS])
def test_a_number_has_the_value_that_is_meant(language: str, text: str, numbers: list[tuple[str, Any]]) -> None:
    assert alone("number", text, language) == numbers


@pytest.mark.parametrize(
    ("language", "text", "durations"),
    [
        ("en", "2½ hours", [("2½ hours", "PT2H30M")]),
        ("en", "2 1/2 hours", [("2 1/2 hours", "PT2H30M")]),
        ("en", "½ hour or 1/4 hour", [("½ hour", "PT30M"), ("1/4 hour", "PT15M")]),
        ("en", "1:30 hours or 1:30h", [("1:30 hours", "PT1H30M"), ("1:30h", "PT1H30M")]),
        ("de", "1:30 Stunden, um 19:30 Uhr", [("1:30 Stunden", "PT1H30M")]),
        ("nl", "om 19:30 uur, 1:30 uren", [("1:30 uren", "PT1H30M")]),
        ("nl", "5 min", [("5 min", "PT5M")]),
        ("nl", "5 min 30 sec", [("5 min 30 sec", "PT5M30S")]),
        ("en", "two point five hours", [("two point five hours", "PT2H30M")]),
        ("en", "£5m in 5m", [("5m", "PT5M")]),
    ],
)
def test_a_duration_is_as_long_as_is_meant(language: str, text: str, durations: list[tuple[str, str]]) -> None:
    assert alone("duration", text, language) == durations


@pytest.mark.parametrize(
    ("language", "text", "amounts"),
    [
        ("en", "€5k, 5k euro", [("€5k", (5000, "EUR")), ("5k euro", (5000, "EUR"))]),
        ("en", "£5m or $1.2bn", [("£5m", (5000000, "GBP")), ("$1.2bn", (1200000000, "USD"))]),
        ("fr", "1 234,56 €", [("1 234,56 €", (1234.56, "EUR"))]),
        (
            "fr",
            "10\u202f000,50 euros, pas 10 000 €",
            [("10\u202f000,50 euros", (10000.5, "EUR")), ("10 000 €", (10000, "EUR"))],
        ),
        ("sv", "1 234,56 kr", [("1 234,56 kr", (1234.56, "SEK"))]),
        ("hi", "₹1,23,456.50", [("₹1,23,456.50", (123456.5, "INR"))]),
        ("nl", "€5 mln", [("€5 mln", (5000000, "EUR"))]),
        ("en", "$5 5m away", [("$5", (5, "USD"))]),
        ("de", "zwanzig Euro fünfzig", [("zwanzig Euro fünfzig", (20.5, "EUR"))]),
        ("nl", "vijf euro vijftig, graag", [("vijf euro vijftig", (5.5, "EUR"))]),
        ("nl", "min vijf euro vijftig", [("min vijf euro vijftig", (-5.5, "EUR"))]),
        ("en", "five dollars ten minutes late", [("five dollars", (5, "USD"))]),
        ("en", "five dollars twenty people", [("five dollars", (5, "USD"))]),
        ("nl", "tien euro een", [("tien euro", (10, "EUR"))]),
        ("en", "½ euro", [("½ euro", (0.5, "EUR"))]),
    ],
)
def test_an_amount_is_as_much_as_is_meant(language: str, text: str, amounts: list[tuple[str, Any]]) -> None:
    assert alone("money", text, language) == amounts


@pytest.mark.parametrize("text", ["½", "minus five", "2 1/2 hours", "£5m", "€5k", "1:30 hours", "2027/02/01"])
def test_what_is_understood_as_one_is_told_once(text: str) -> None:
    assert [place for place, _ in told({kind: EVERYTHING[kind] for kind in SYSTEM}, text)] == [text]
