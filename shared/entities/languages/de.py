"""German."""

from shared.entities.words import Calendar, Clock, Language, Numerals, Spans

_SMALL = (
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
).split()
_TENS = "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig".split()


def _under_thousand() -> dict[str, int]:
    found = {word: value for value, word in enumerate(_SMALL)} | {"zwo": 2}
    for tens, word in enumerate(_TENS, 2):
        found[word] = 10 * tens
        found |= {f"{w}und{word}": 10 * tens + v for v, w in enumerate(["ein", *_SMALL[2:10]], 1)}
    rest = {word: value for word, value in found.items() if value}
    for hundreds, word in (*enumerate(["", *_SMALL[2:10]], 1), (1, "ein")):
        for name in (f"{word}hundert", f"{word} hundert".strip()):
            found[name] = 100 * hundreds
            found |= {f"{name}{j}{w}": 100 * hundreds + v for w, v in rest.items() for j in ("", "und", " ", " und ")}
    return found


_UNITS = {
    "sekunde": "second", "sekunden": "second", "sek": "second", "minute": "minute", "minuten": "minute",
    "min": "minute", "stunde": "hour", "stunden": "hour", "std": "hour", "tag": "day", "tage": "day", "tagen": "day",
    "woche": "week", "wochen": "week", "monat": "month", "monate": "month", "monaten": "month", "jahr": "year",
    "jahre": "year", "jahren": "year",
}  # fmt: skip

LANGUAGE = Language(
    code="de",
    country="DE",
    numerals=Numerals(
        under_thousand=_under_thousand(),
        scales={"tausend": 1_000, "million": 10**6, "millionen": 10**6, "milliarde": 10**9, "milliarden": 10**9},
        articles=frozenset({"ein", "eine", "einen", "einem", "einer"}),
        decimal=",",
        short={"k": 1_000, "mio": 10**6, "mrd": 10**9},
        point="komma",
        minus=r"(?<!plus.)(?<!plus oder )minus",
        half_a="(?:ein(?:e[nrm]?)? )?halbe[nrsm]?",
        and_a_half="und (?:ein(?:e[nrm]?)? )?halbe?[nrsm]?",
        halves={"anderthalb": 1.5} | {f"{w}einhalb": n + 0.5 for n, w in enumerate(["ein", *_SMALL[2:10]], 1)},
        compounds=True,
    ),
    calendar=Calendar(
        months={
            "januar": 1, "janner": 1, "jan": 1, "februar": 2, "feber": 2, "feb": 2, "marz": 3, "april": 4, "apr": 4,
            "mai": 5, "juni": 6, "jun": 6, "juli": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9,
            "sep": 9, "oktober": 10, "okt": 10, "november": 11, "nov": 11, "dezember": 12, "dez": 12,
        },
        weekdays={
            "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5, "sonnabend": 5,
            "sonntag": 6, "wochenende": 5,
        },
        days={"heute": 0, "morgen": 1, "ubermorgen": 2, "gestern": -1, "vorgestern": -2},
        now="jetzt",
        units=_UNITS,
        ordinal="\\.",
        of="(?!)",
        before_day="am|den|der|vom",
        before_month="im",
        this="diesen|dieses?|diese[rm]?",
        following="nachste[nrsm]?",
        coming="kommende[nrsm]?",
        last="letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?",
        ahead_before="in",
        ago_before="vor",
        joins="um|am|gegen|ab|von|so gegen",
    ),
    clock=Clock(
        at="um|gegen|ab",
        hour="uhr",
        early="morgens|vormittags|am vormittag|am morgen|in der fruh|fruh|vormittag|morgen",
        late="nachmittags|abends|am nachmittag|am abend|nachmittag|abend",
        noon="mittags|mittag",
        midnight="mitternacht",
        quarter="viertel",
        half="halb",
        past="nach",
        to="vor",
        half_before=True,
        bare="um",
    ),
    spans=Spans(
        units=_UNITS,
        fixed={
            "viertelstunde": 900,
            "eine viertelstunde": 900, "einer viertelstunde": 900, "dreiviertelstunde": 2700,
            "eine dreiviertelstunde": 2700,
        },
        joins="und",
    ),
    money={"euro": "EUR", "dollar": "$", "pfund": "£", "franken": "CHF"},
    cents=frozenset({"cent"}),
    also_codes=frozenset({"huf", "sek"}),
)  # fmt: skip
