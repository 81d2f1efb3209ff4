"""Dutch."""

from shared.entities.words import Calendar, Clock, Language, Numerals, Spans

_SMALL = (
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
    "achttien negentien"
).split()
_TENS = "twintig dertig veertig vijftig zestig zeventig tachtig negentig".split()


def _under_thousand() -> dict[str, int]:
    found = {word: value for value, word in enumerate(_SMALL)}
    for tens, word in enumerate(_TENS, 2):
        found[word] = 10 * tens
        found |= {f"{_SMALL[unit]}en{word}": 10 * tens + unit for unit in range(1, 10)}
        found |= {f"{_SMALL[unit]} en {word}": 10 * tens + unit for unit in range(1, 10)}
    rest = {word: value for word, value in found.items() if value}
    for hundreds, word in enumerate(["", *_SMALL[2:10]], 1):
        for name in (f"{word}honderd", f"{word} honderd".strip()):
            found[name] = 100 * hundreds
            found |= {f"{name}{j}{w}": 100 * hundreds + v for w, v in rest.items() for j in ("", "en", " ", " en ")}
    return found


def _halves() -> dict[str, float]:
    found = {"anderhalf": 1.5, "anderhalve": 1.5}
    return found | {f"{w}en{half}": n + 0.5 for n, w in enumerate(_SMALL[2:10], 2) for half in ("half", "halve")}


_UNITS = {
    "seconde": "second", "seconden": "second", "sec": "second", "minuut": "minute", "minuten": "minute",
    "minuutje": "minute", "min": "minute", "uur": "hour", "uren": "hour", "uurtje": "hour", "dag": "day",
    "dagen": "day", "week": "week", "weken": "week", "maand": "month", "maanden": "month", "jaar": "year",
    "jaren": "year",
}  # fmt: skip

LANGUAGE = Language(
    code="nl",
    country="NL",
    numerals=Numerals(
        under_thousand=_under_thousand(),
        scales={"duizend": 1_000, "miljoen": 10**6, "miljard": 10**9},
        articles=frozenset({"een"}),
        ordinal="ste|de|e",
        decimal=",",
        short={"k": 1_000, "mln": 10**6, "mld": 10**9},
        point="komma",
        minus=r"(?<!plus.)(?<!plus of )min(?:us)?",
        half_a="(?:een )?hal(?:f|ve)",
        and_a_half="en (?:een )?hal(?:f|ve)",
        halves=_halves(),
        compounds=True,
    ),
    calendar=Calendar(
        months={
            "januari": 1, "jan": 1, "februari": 2, "feb": 2, "maart": 3, "mrt": 3, "april": 4, "apr": 4, "mei": 5,
            "juni": 6, "jun": 6, "juli": 7, "jul": 7, "augustus": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9,
            "oktober": 10, "okt": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
        },
        weekdays={
            "maandag": 0, "dinsdag": 1, "woensdag": 2, "donderdag": 3, "vrijdag": 4, "zaterdag": 5, "zondag": 6,
            "weekend": 5, "weekeinde": 5,
        },
        days={
            "vandaag": 0, "vanochtend": 0, "vanmorgen": 0, "vanmiddag": 0, "vanavond": 0, "vannacht": 0,
            "morgen": 1, "overmorgen": 2, "gisteren": -1, "eergisteren": -2,
        },
        late_days=frozenset({"vanmiddag", "vanavond"}),
        now="nu",
        units=_UNITS,
        ordinal="ste|de|e",
        of="van",
        before_day="op(?: de)?|de",
        before_month="in",
        this="dit|deze",
        following="volgende?",
        coming="komende?|aanstaande?|eerstvolgende",
        last="vorige?|afgelopen|laatste",
        ahead_before="over|binnen",
        ago_after="geleden",
        joins="om|op|rond|tegen|van|vanaf|in de",
    ),
    clock=Clock(
        at="om|rond|tegen|vanaf",
        hour="uur|u\\b",
        early="'s ochtends|'s morgens|in de (?:ochtend|morgen)|ochtend|morgen|voormiddag",
        late="'s middags|'s avonds|'s namiddags|in de (?:na)?middag|in de avond|(?:na)?middag|avond|vanavond|vanmiddag",
        noon="12 uur 's middags|twaalf uur 's middags",
        midnight="middernacht",
        quarter="kwart",
        half="half",
        past="over|na",
        to="voor",
        half_before=True,
        bare="om",
    ),
    spans=Spans(
        units=_UNITS,
        fixed={
            "halfuur": 1800, "een halfuur": 1800, "halfuurtje": 1800, "een halfuurtje": 1800,
            "kwartier": 900, "een kwartier": 900, "kwartiertje": 900, "een kwartiertje": 900, "drie kwartier": 2700,
        },
        joins="en",
    ),
    money={"euro": "EUR", "euro's": "EUR", "dollar": "$", "dollars": "$", "pond": "£", "frank": "CHF"},
    cents=frozenset({"cent", "centen", "eurocent"}),
    also_codes=frozenset({"pen"}),
)  # fmt: skip
