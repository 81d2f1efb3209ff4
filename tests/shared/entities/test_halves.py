"""And a half, half a, anderthalb: as numbers, as durations, as money, and from now on."""

from typing import Any

import pytest

from tests.shared.entities.harbour import EVERYTHING, told

WHEN = {"when": {"kind": "system", "system": "date", "timezone": "Europe/Brussels"}}


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "two and a half", 2.5),
        ("en", "minus two and a half", -2.5),
        ("en", "-2 and a half", -2.5),
        ("en", "two and a half million", 2500000),
        ("en", "half a million", 500000),
        ("nl", "twee en een half", 2.5),
        ("nl", "drieënhalf", 3.5),
        ("nl", "anderhalf miljoen", 1500000),
        ("nl", "een half miljoen", 500000),
        ("de", "zweieinhalb", 2.5),
        ("de", "eine halbe Million", 500000),
        ("fr", "un demi-million", 500000),
        ("fr", "deux et demi", 2.5),
        ("es", "medio millón", 500000),
    ],
)
def test_a_number_has_its_half(language: str, text: str, value: Any) -> None:
    assert told({"number": EVERYTHING["number"]}, text, language) == [(text, value)]


@pytest.mark.parametrize(("language", "text"), [("en", "a half"), ("en", "half a dozen"), ("nl", "het is half vol")])
def test_a_half_alone_is_no_number(language: str, text: str) -> None:
    assert told(EVERYTHING, text, language) == []


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("nl", "twee en een half uur", "PT2H30M"),
        ("nl", "anderhalve dag", "P1DT12H"),
        ("nl", "een half jaar", "P6M"),
        ("de", "zwei und eine halbe Stunde", "PT2H30M"),
        ("de", "eine halbe Stunde", "PT30M"),
        ("de", "anderthalb Jahre", "P1Y6M"),
        ("en", "two and a half hours", "PT2H30M"),
        ("en", "2 and a half hours", "PT2H30M"),
        ("en", "half a year", "P6M"),
        ("en", "half a day", "PT12H"),
        ("en", "half a second", "PT0.5S"),
        ("en", "half an hour", "PT30M"),
        ("en", "a month and a half", "P1M15D"),
        ("en", "a year and a half", "P1Y6M"),
        ("en", "half a month", "P15D"),
        ("en", "99999999 years and a half", "P99999999Y6M"),
        ("fr", "une demi-heure", "PT30M"),
        ("fr", "deux ans et demi", "P2Y6M"),
        ("es", "un mes y medio", "P1M15D"),
        ("es", "media hora", "PT30M"),
    ],
)
def test_half_of_a_unit_is_as_long_as_that(language: str, text: str, value: str) -> None:
    assert told({"duration": EVERYTHING["duration"]}, text, language) == [(text, value)]


@pytest.mark.parametrize(
    ("language", "text", "amount", "currency"),
    [
        ("en", "half a million dollars", 500000, "USD"),
        ("en", "half a dollar", 0.5, "USD"),
        ("nl", "een half miljoen euro", 500000, "EUR"),
        ("de", "eine halbe Million Euro", 500000, "EUR"),
        ("fr", "un million d'euros", 1000000, "EUR"),
        ("es", "medio millón de euros", 500000, "EUR"),
    ],
)
def test_half_of_an_amount_is_half_as_much(language: str, text: str, amount: float, currency: str) -> None:
    assert told(EVERYTHING, text, language) == [(text, {"amount": amount, "currency": currency})]


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("fr", "dans une heure et demie", "2026-11-25T17:00:00+01:00"),
        ("en", "in an hour and a half", "2026-11-25T17:00:00+01:00"),
        ("en", "two and a half hours ago", "2026-11-25T13:00:00+01:00"),
        ("en", "in a day and a half", "2026-11-27T03:30:00+01:00"),
        ("en", "half an hour from now", "2026-11-25T16:00:00+01:00"),
        ("en", "in half a year", "2027-05-25"),
        ("en", "a year and a half ago", "2025-05-25"),
        ("en", "in a month and a half", "2027-01-09"),
        ("nl", "over anderhalf uur", "2026-11-25T17:00:00+01:00"),
        ("de", "in einer halben Stunde", "2026-11-25T16:00:00+01:00"),
        ("es", "dentro de una hora y media", "2026-11-25T17:00:00+01:00"),
    ],
)
def test_the_half_counts_from_now_on(language: str, text: str, value: str) -> None:
    assert told(WHEN, text, language) == [(text, value)]


def test_at_noon_is_no_half_day() -> None:
    assert told({"duration": EVERYTHING["duration"]}, "a medio día", "es") == []


def test_a_letter_before_an_apostrophe_is_no_day() -> None:
    assert told({"duration": EVERYTHING["duration"]}, "un million d'euros", "fr") == []
    assert told({"duration": EVERYTHING["duration"]}, "in one hour's time") == [("one hour", "PT1H")]
