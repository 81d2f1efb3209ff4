"""Times with a hyphen between them are two, on one day."""

from datetime import UTC, datetime

import pytest

from tests.shared.entities.harbour import EVERYTHING, told

AFTERNOON = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text", "times"),
    [
        ("en", "09:00-17:00", [("09:00", "26T09:00"), ("17:00", "26T17:00")]),
        ("en", "16:00 – 17:30", [("16:00", "25T16:00"), ("17:30", "25T17:30")]),
        ("en", "3pm-5pm", [("3pm", "26T15:00"), ("5pm", "26T17:00")]),
        ("en", "3-5pm", [("3", "26T15:00"), ("5pm", "26T17:00")]),
        ("en", "at 4-5:30 p.m.", [("at 4", "25T16:00"), ("5:30 p.m.", "25T17:30")]),
        ("en", "9 a.m.-5 p.m.", [("9 a.m.", "26T09:00"), ("5 p.m.", "26T17:00")]),
        ("en", "11-1pm", [("11", "26T11:00"), ("1pm", "26T13:00")]),
        ("en", "10-12am", [("10", "25T22:00"), ("12am", "26T00:00")]),
        ("en", "22:00-02:00", [("22:00", "25T22:00"), ("02:00", "26T02:00")]),
        ("en", "friday from 09:00-17:00", [("friday from 09:00", "27T09:00"), ("17:00", "27T17:00")]),
        ("en", "3-5pm on friday", [("3", "27T15:00"), ("5pm on friday", "27T17:00")]),
        ("en", "tonight 8:00-10:00", [("tonight 8:00", "25T20:00"), ("10:00", "25T22:00")]),
        ("nl", "overmorgen van 9.00-17.00 uur", [("overmorgen van 9.00", "27T09:00"), ("17.00 uur", "27T17:00")]),
        ("de", "Freitag von 9-17 Uhr", [("Freitag von 9", "27T09:00"), ("17 Uhr", "27T17:00")]),
        ("fr", "demain de 9h30-11h00", [("demain de 9h30", "26T09:30"), ("11h00", "26T11:00")]),
    ],
)
def test_a_range_has_a_beginning_and_an_end(language: str, text: str, times: list[tuple[str, str]]) -> None:
    dates = {kind: EVERYTHING[kind] for kind in ("date", "number", "phone")}
    expected = [(place, f"2026-11-{time}:00+00:00") for place, time in times]
    assert told(dates, text, language, now=AFTERNOON) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "5-10 people, pages 3-5"),
        ("en", "we come at 5-10"),
        ("en", "a 3-5 night stay"),
        ("nl", "het duurt 2-3 uur"),
        ("de", "3-5 am Haus"),
        ("en", "25-26:00"),
        ("en", "5-3:99"),
    ],
)
def test_other_numbers_with_a_hyphen_are_no_times(language: str, text: str) -> None:
    assert told({"date": EVERYTHING["date"]}, text, language, now=AFTERNOON) == []


def test_the_last_night_of_the_calendar_has_no_day_after_it() -> None:
    found = told({"date": EVERYTHING["date"]}, "31/12/9999 22:00-02:00")
    assert [place for place, _ in found] == ["31/12/9999 22:00", "02:00"]
