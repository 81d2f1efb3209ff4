"""Which hour of which day: parts of the day before and after it, and hours that a clock does not show."""

import pytest

from tests.shared.entities.harbour import told

WHEN = {"when": {"kind": "system", "system": "date", "timezone": "Europe/Brussels"}}


@pytest.mark.parametrize(
    ("language", "text", "time"),
    [
        ("nl", "'s avonds om 8", "25T20:00"),
        ("nl", "’s avonds om 8 uur", "25T20:00"),
        ("nl", "'s avonds kwart voor acht", "25T19:45"),
        ("nl", "'s middags om half twee", "26T13:30"),
        ("nl", "'s ochtends om 9", "26T09:00"),
        ("nl", "om 8 uur vanavond", "25T20:00"),
        ("nl", "om 8 uur morgen", "26T08:00"),
        ("de", "abends um 8", "25T20:00"),
        ("de", "am Nachmittag um halb drei", "26T14:30"),
        ("de", "Freitag abends um 8", "27T20:00"),
        ("de", "um 8 am Morgen", "26T08:00"),
        ("en", "in the evening at 8", "25T20:00"),
        ("en", "this evening at 7", "25T19:00"),
        ("en", "this afternoon at quarter to five", "25T16:45"),
        ("en", "at 8 tonight", "25T20:00"),
        ("en", "2 at night", "26T02:00"),
        ("en", "at night at 11", "25T23:00"),
        ("en", "in the morning at 8 pm", "25T20:00"),
        ("fr", "ce soir à 8 heures", "25T20:00"),
        ("fr", "à 8 heures ce soir", "25T20:00"),
        ("es", "a las 8 de la mañana", "26T08:00"),
        ("es", "el viernes a las 9 de la mañana", "27T09:00"),
        ("es", "mañana a las 8 de la mañana", "26T08:00"),
        ("es", "mañana por la mañana a las 9", "26T09:00"),
        ("es", "a las doce de la mañana", "26T12:00"),
        ("es", "por la tarde a las 5", "25T17:00"),
        ("es", "a las 2 de la noche", "26T02:00"),
    ],
)
def test_the_part_of_the_day_counts_wherever_it_is_said(language: str, text: str, time: str) -> None:
    found = told(WHEN, text, language)[-1:]
    assert [value for _, value in found] == [f"2026-11-{time}:00+01:00"]
    assert found[0][0] == text or text == "in the morning at 8 pm"


@pytest.mark.parametrize(
    ("language", "text", "times"),
    [
        ("en", "good evening, at 8 please", [("at 8", "26T08:00")]),
        ("de", "Guten Abend um 8", [("um 8", "26T08:00")]),
        ("en", "in the evening 8:00-10:00", [("in the evening 8:00", "25T20:00"), ("10:00", "25T22:00")]),
        ("en", "in the evening 10:00-2:00", [("in the evening 10:00", "25T22:00"), ("2:00", "26T02:00")]),
        ("en", "in the morning 9:00-12:00", [("in the morning 9:00", "26T09:00"), ("12:00", "26T12:00")]),
        ("en", "friday morning 9:00-12:00", [("friday morning 9:00", "27T09:00"), ("12:00", "27T12:00")]),
    ],
)
def test_a_greeting_is_no_time_and_a_range_stays_one(language: str, text: str, times: list[tuple[str, str]]) -> None:
    assert told(WHEN, text, language) == [(place, f"2026-11-{time}:00+01:00") for place, time in times]


@pytest.mark.parametrize(
    ("language", "text", "place", "value"),
    [
        ("en", "5 May 27", "5 May 27", "2027-05-05"),
        ("en", "on 5th May 28 at 8 pm", "on 5th May 28 at 8 pm", "2028-05-05T20:00:00+02:00"),
        ("nl", "12 december 99.", "12 december 99", "1999-12-12"),
        ("es", "el 5 de mayo de 28", "el 5 de mayo de 28", "2028-05-05"),
        ("en", "on 5 May 27 people", "on 5 May", "2027-05-05"),
        ("fr", "le 5 mai 20 heures", "le 5 mai 20 heures", "2027-05-05T20:00:00+02:00"),
        ("en", "4 people on May 27", "on May 27", "2027-05-27"),
        ("en", "5 May, 27", "5 May", "2027-05-05"),
    ],
)
def test_a_year_may_have_two_digits_where_nothing_is_counted(language: str, text: str, place: str, value: str) -> None:
    assert told(WHEN, text, language) == [(place, value)]


@pytest.mark.parametrize("text", ["2027-03-28 02:30", "2027-03-28T02:30", "28 March 2027 at 2:30"])
def test_an_hour_that_summer_time_leaves_out_is_the_one_after_it(text: str) -> None:
    assert told(WHEN, text) == [(text, "2027-03-28T03:30:00+02:00")]


def test_an_hour_that_comes_twice_is_the_first() -> None:
    assert [value for _, value in told(WHEN, "2026-10-25 02:30")] == ["2026-10-25T02:30:00+02:00"]
