"""English."""

from shared.entities.words import Calendar, Clock, Language, Numerals, Spans

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def _under_thousand() -> dict[str, int]:
    found = {word: value for value, word in enumerate(_SMALL)}
    for tens, word in enumerate(_TENS, 2):
        found[word] = 10 * tens
        found |= {f"{word} {_SMALL[unit]}": 10 * tens + unit for unit in range(1, 10)}
    rest = {word: value for word, value in found.items() if value}
    for hundreds, word in (*((n, _SMALL[n]) for n in range(1, 10)), (1, "a")):
        found[f"{word} hundred"] = 100 * hundreds
        found |= {f"{word} hundred {j}{w}": 100 * hundreds + v for w, v in rest.items() for j in ("", "and ")}
    return found


_UNITS = {
    "second": "second", "seconds": "second", "sec": "second", "secs": "second",
    "minute": "minute", "minutes": "minute", "min": "minute", "mins": "minute",
    "hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour", "day": "day", "days": "day", "week": "week",
    "weeks": "week", "month": "month", "months": "month", "year": "year", "years": "year",
}  # fmt: skip

LANGUAGE = Language(
    code="en",
    country="US",
    numerals=Numerals(
        under_thousand=_under_thousand(),
        scales={"thousand": 1_000, "million": 10**6, "billion": 10**9},
        articles=frozenset({"a", "an"}),
        ordinal="st|nd|rd|th",
        short={"k": 1_000, "bn": 10**9},
        point=r"(?<!\ba )(?<!\bat one )point",
        minus=r"(?<!plus.)(?<!plus or )minus",
        half_a="half(?: an?)?|an? half",
        and_a_half="and a half",
    ),
    calendar=Calendar(
        months={
            "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5,
            "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9,
            "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
        },
        weekdays={
            "monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "wed": 2, "thursday": 3,
            "thu": 3, "thurs": 3, "friday": 4, "fri": 4, "saturday": 5, "sunday": 6, "weekend": 5,
        },
        days={
            "today": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "tonight": 0,
            "tomorrow": 1, "yesterday": -1, "last night": -1,
            "day after tomorrow": 2, "the day after tomorrow": 2,
            "day before yesterday": -2, "the day before yesterday": -2,
        },
        late_days=frozenset({"this afternoon", "this evening", "tonight", "last night"}),
        now="(?:right )?now",
        units=_UNITS,
        ordinal="st|nd|rd|th",
        of="of",
        before_day="on(?: the)?|the",
        before_month="in",
        month_first=True,
        this="this",
        following="next",
        coming="coming|this coming",
        last="last",
        ahead_before="in|within",
        ahead_after="from now|later",
        ago_after="ago",
        joins="at|on|around|by|from",
    ),
    clock=Clock(
        at="at|around|by",
        hour="o'?clock",
        early="in the morning|morning|a\\.?m\\b\\.?",
        late="in the afternoon|in the evening|afternoon|evening|night|tonight|at night|p\\.?m\\b\\.?",
        night="night|at night",
        noon="noon|midday",
        midnight="midnight",
        quarter="(?:a )?quarter",
        half="half",
        past="past|after",
        to="to|before",
        bare="at",
        to_is_a_range=True,
    ),
    spans=Spans(
        units=_UNITS,
        fixed={
            "quarter of an hour": 900, "a quarter of an hour": 900, "three quarters of an hour": 2700,
            "fortnight": 1_209_600, "a fortnight": 1_209_600,
        },
        joins="and",
    ),
    money={
        "dollar": "$", "dollars": "$", "bucks": "$", "euro": "EUR", "euros": "EUR", "pound": "£", "pounds": "£",
        "quid": "£", "yen": "JPY", "francs": "CHF", "rupee": "INR", "rupees": "INR",
    },
    cents=frozenset({"cent", "cents", "pence", "p"}),
    also_codes=frozenset({"cop", "mad", "pen", "rub", "try"}),
)  # fmt: skip
