"""What every bot knows, beyond the examples of the documentation: the traps."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from shared.entities.document import Entity
from shared.entities.recognisers import recognisers
from tests.shared.entities.harbour import EVERYTHING, SYSTEM, told

BUSY: dict[str, list[tuple[str, str, list[Any]]]] = {
    "number": [
        ("en", "v1.2.3 at 10.0.0.1 is 12ab34", []),
        ("en", "-5 or 3-4", [-5, 3, 4]),
        ("en", "5kg and B2B and 20%", [5, 20]),
        ("en", "1,5 1.5 1,000 1,000,000.25", [1.5, 1.5, 1000, 1000000.25]),
        ("nl", "1,5 1.5 1.000 1.000.000,25", [1.5, 1.5, 1000, 1000000.25]),
        ("en", "5 million and two and a half", [5000000, 2.5]),
        ("en", "five million three hundred thousand and two", [5300002]),
        ("en", "one two three", [1, 2, 3]),
        ("en", "12345678901234567890", []),
        ("fr", "un", [1]), ("fr", "un verre", []), ("fr", "soixante et onze, septante et un", [71, 71]),
        ("nl", "negenhonderdnegenennegentig", [999]), ("nl", "tweeduizendvijf", [2005]),
        ("de", "ein Bier, zwei Bier", [2]), ("de", "eine Million", [1000000]),
        ("es", "veintidós mil quinientos", [22500]),
        ("hi", "५ टिकट", [5]), ("ja", "３枚", [3]),
    ],
    "date": [
        ("en", "31 february or 30/02/2027 or 45/13", []),
        ("en", "may i come, or march with us", []),
        ("en", "from 5 to 7 people", []),
        ("en", "a second please, just a minute", []),
        ("en", "29 february", ["2028-02-29"]),
        ("en", "quarter to one", ["2026-11-26T12:45:00+00:00"]),
        ("en", "12 am and 12 pm", ["2026-11-26T00:00:00+00:00", "2026-11-26T12:00:00+00:00"]),
        ("en", "in 99999999 days", []), ("en", "in 9999 years", []),
        ("en-GB", "5/6/2027", ["2027-06-05"]), ("en", "25/12/2026", ["2026-12-25"]), ("en", "1/2/99", ["1999-01-02"]),
        ("en", "2026-12-01T14:00:00Z", ["2026-12-01T14:00:00+00:00"]),
        ("nl", "vijf voor half acht", ["2026-11-26T07:25:00+00:00"]),
        ("nl", "om 25 uur of om 7:99", []),
        ("de", "übermorgen, 5.6. oder 5.6", ["2026-11-27", "2027-06-05", "2027-06-05"]),
        ("de", "am Wochenende", ["2026-11-28"]),
        ("fr", "le 1er mai; à 7 personnes", ["2027-05-01"]),
        ("es", "quiero las dos", []),
        ("es", "pasado mañana por la tarde a las 5", ["2026-11-27T17:00:00+00:00"]),
        ("ja", "明日 5/6", ["2027-06-05"]),
    ],
    "money": [
        ("en", "5 apples", []), ("en", "$ 5 and 5$ and USD 5", [[5, "USD"]] * 3), ("en", "the euro is strong", []),
        ("en", "3 pounds 50", [[3.5, "GBP"]]), ("en", "five dollars 10 minutes late", [[5, "USD"]]),
        ("de", "1.250,00 €", [[1250, "EUR"]]), ("fr", "cinquante centimes", [[0.5, "EUR"]]),
        ("pl", "20 zl, 50 zł", [[20, "PLN"], [50, "PLN"]]), ("pt", "R$ 50, R$50", [[50, "BRL"]] * 2),
        ("cs", "50 Kč", [[50, "CZK"]]), ("en-IN", "1,23,456 rupees", [[123456, "INR"]]),
        ("en", "-$5, refund of −€5.50, $-3", [[-5, "USD"], [-5.5, "EUR"], [-3, "USD"]]),
        ("en", "from $5 -$10 or 5-€10", [[5, "USD"], [10, "USD"], [10, "EUR"]]),
        ("en", "I will try 2 tickets, 3 pen drives, 5 mad men", []), ("de", "5 sek, 5 SEK", [[5, "SEK"]]),
        ("en", "5 TRY, PEN 3, 20 usd, 20 chf", [[5, "TRY"], [3, "PEN"], [20, "USD"], [20, "CHF"]]),
        ("tr", "50 try", [[50, "TRY"]]),
        ("en", "50 pence", [[0.5, "GBP"]]), ("en-GB", "50p", [[0.5, "GBP"]]), ("en", "50p", []),
        ("en", "five pounds 50p", [[5.5, "GBP"]]),
    ],
    "duration": [
        ("en", "1h30 or 90min or 1.5 hours", ["PT1H30M"] * 3), ("en", "an hour", ["PT1H"]),
        ("en", "two years and six months", ["P2Y6M"]), ("en", "a fortnight", ["P14D"]), ("en", "0 hours", ["PT0S"]),
        ("en", "10 days and 5 hours", ["P10DT5H"]), ("nl", "een half uurtje", ["PT30M"]),
        ("de", "anderthalb Stunden", ["PT1H30M"]), ("fr", "une heure et demie", ["PT1H30M"]),
        ("es", "una hora y media", ["PT1H30M"]), ("en", "in the long run", []),
    ],
    "email": [
        ("en", "me@home, @you, a@b@c.de, .dot@x.org", ["dot@x.org"]),
        ("en", "<o'neill+ferry@mail.example.co.uk>", ["o'neill+ferry@mail.example.co.uk"]),
        ("de", "grüße@Bücher.example", ["grüße@bücher.example"]),
    ],
    "url": [
        ("en", "e.g. this.is not one. 1.5.2", []), ("en", "mail me@example.com", []),
        ("en", "(http://localhost:8001/docs)", ["http://localhost:8001/docs"]),
        ("en", "HTTPS://Example.org/A?b=c#d!", ["HTTPS://Example.org/A?b=c#d"]),
        ("en", "javascript:alert(1)", []),
    ],
    "phone": [
        ("en", "order 2026-12-01, invoice 12345678", []), ("nl-BE", "0470/12.34.56", ["+32470123456"]),
        ("en", "0032 470 12 34 56", ["+32470123456"]), ("en", "07700 900123", ["07700900123"]),
        ("fr", "06 12 34 56 78", ["+33612345678"]),
    ],
}  # fmt: skip
ROWS = [(kind, *row) for kind, rows in BUSY.items() for row in rows]
NOON = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "language", "text", "values"), ROWS)
def test_what_is_told_and_what_is_not(kind: str, language: str, text: str, values: list[Any]) -> None:
    found = [value for _, value in told({kind: EVERYTHING[kind]}, text, language, now=NOON)]
    assert [[v["amount"], v["currency"]] if kind == "money" else v for v in found] == values


def test_every_system_entity_has_a_recogniser() -> None:
    named = get_args(get_args(Entity.model_fields["system"].annotation)[0])
    assert sorted(recognisers()) == sorted(named) == list(SYSTEM)


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({"system": "money", "currency": "CAD"}, "$5", {"amount": 5, "currency": "CAD"}),
        ({"system": "money", "currency": "CAD"}, "5 euro", {"amount": 5, "currency": "EUR"}),
        ({"system": "money", "currency": "NOK"}, "50 kr", {"amount": 50, "currency": "NOK"}),
        ({"system": "money", "currency": "TRY"}, "50 try", {"amount": 50, "currency": "TRY"}),
        ({"system": "money", "currency": "GBP"}, "50p", {"amount": 0.5, "currency": "GBP"}),
        ({"system": "phone", "country": "GB"}, "07911 123456", "+447911123456"),
        ({"system": "date", "country": "GB"}, "5/6/2027", "2027-06-05"),
        ({"system": "date", "timezone": "Asia/Tokyo"}, "tomorrow", "2026-11-27"),
        ({"system": "date", "timezone": "America/New_York"}, "at noon", "2026-11-25T12:00:00-05:00"),
        ({"system": "date", "prefer": "past"}, "monday", "2026-11-23"),
        ({"system": "date", "prefer": "past"}, "29 february", "2024-02-29"),
    ],
)
def test_an_entity_says_where_it_is_at_home(options: dict[str, Any], text: str, value: Any) -> None:
    late = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
    assert told({"it": {"kind": "system", **options}}, text, now=late) == [(text, value)]


def test_a_word_that_is_a_currency_elsewhere_leaves_the_number_alone() -> None:
    assert told(EVERYTHING, "I will try 2 tickets") == [("2", 2)]


def test_half_an_hour_is_as_long_when_summer_time_ends() -> None:
    brussels = {"when": {"kind": "system", "system": "date", "timezone": "Europe/Brussels"}}
    before = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert told(brussels, "in half an hour", now=before) == [("in half an hour", "2026-10-25T02:15:00+01:00")]


def test_several_entities_share_a_message() -> None:
    text = "mail jo@example.com 3 menus for tomorrow at 7pm, 20 euro each, takes 2 hours, +32 470 12 34 56"
    assert told(EVERYTHING, text) == [
        ("jo@example.com", "jo@example.com"),
        ("3", 3),
        ("tomorrow at 7pm", "2026-11-26T19:00:00+00:00"),
        ("20 euro", {"amount": 20, "currency": "EUR"}),
        ("2 hours", "PT2H"),
        ("+32 470 12 34 56", "+32470123456"),
    ]
