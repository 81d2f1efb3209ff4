"""How long: "2 hours", "anderhalf uur", "1h30"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.entities.asked import Asked, Found
from shared.entities.dates.phrases import ENDS, GAP, MAYBE, either, fragment, whole
from shared.entities.digits import Number, Numeral
from shared.entities.numerals import numerals
from shared.entities.reading import Reading
from shared.entities.speech import language_of
from shared.entities.words import Spans

_SHORT = {"h": "hour", "u": "hour", "m": "minute", "min": "minute", "s": "second", "sec": "second", "d": "day"}
_COMPACT = r"(\d{1,3}) ?[hu] ?([0-5]\d)(?: ?m(?:in)?)?"
# £5m is an amount, not five minutes.
_PRICED = re.compile(r"[$€£¥₹₽₺₩] ?$")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_ORDER = ("year", "month", "week", "day", "hour", "minute", "second")
_LONGEST = 10**9
_DAYS_OF_A_MONTH = 30


@dataclass(frozen=True)
class _Part:
    unit: str
    count: Number
    start: int
    end: int


def find(reading: Reading, asked: Asked) -> Iterator[Found]:
    """The value is in ISO 8601: `PT1H30M`, `P2W`, `P1Y6M`."""
    known = language_of(asked.language).spans
    fixed, compact, unit, joins = _patterns(asked.language)
    for phrase in fixed.finditer(reading.folded):
        seconds = known.fixed[re.sub(GAP, " ", phrase[0])]
        days, rest = divmod(seconds, _SECONDS["day"])
        yield Found(iso_duration({"second": seconds} if rest else {"day": days}), *phrase.span())
    for written in compact.finditer(reading.folded):
        hours, minutes = (int(count) for count in written.groups() if count is not None)
        yield Found(iso_duration({"hour": hours, "minute": minutes}), *written.span())
    parts = list(_parts(reading.folded, numerals(reading, asked.language), unit, known))
    for run in _runs(reading.folded, parts, joins):
        yield Found(iso_duration({part.unit: part.count for part in run}), run[0].start, run[-1].end)


@lru_cache(maxsize=16)
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    spoken = language_of(language)
    known, half = spoken.spans, fragment(spoken.numerals.and_a_half)
    # The d of "d'euros" is no day.
    unit = rf"{MAYBE}(?P<unit>{either({**_SHORT, **known.units})}){ENDS}(?!(?<=\bd)')(?P<half>{GAP}{half}{ENDS})?"
    compact = whole(rf"{_COMPACT}|(\d{{1,3}}):([0-5]\d){MAYBE}{either(_hours(language))}")
    joins = re.compile(rf" {{1,3}}(?:{fragment(known.joins)}{GAP})?")
    return whole(either(known.fixed)), compact, re.compile(unit), joins


def _hours(language: str) -> Iterator[str]:
    """Words for hours that are not those of the clock: "19:30 uur" is a time of day."""
    spoken = language_of(language)
    clock = re.compile(spoken.clock.hour)
    words = {**_SHORT, **spoken.spans.units}.items()
    return (word for word, unit in words if unit == "hour" and not clock.fullmatch(word))


def _parts(folded: str, counts: Sequence[Numeral], unit: re.Pattern[str], known: Spans) -> Iterator[_Part]:
    for numeral in counts:
        word = unit.match(folded, numeral.end)
        priced = _PRICED.search(folded, max(0, numeral.start - 2), numeral.start)
        if word is not None and not priced and 0 <= numeral.value <= _LONGEST:
            count = numeral.value + (0.5 if word["half"] else 0)
            yield _Part({**_SHORT, **known.units}[word["unit"]], count, numeral.start, word.end())


def _runs(folded: str, parts: Sequence[_Part], joins: re.Pattern[str]) -> Iterator[list[_Part]]:
    """Ever smaller units that follow one another: two hours and ten minutes."""
    run: list[_Part] = []
    for part in parts:
        smaller = run and _ORDER.index(part.unit) > _ORDER.index(run[-1].unit)
        if run and not (smaller and joins.fullmatch(folded, run[-1].end, part.start)):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def iso_duration(counts: Mapping[str, Number]) -> str:
    """Fractions go to the smaller units, for not everybody reads "PT1.5H"; a month has thirty days for its own."""
    all_months = round(12 * counts.get("year", 0) + counts.get("month", 0), 6)
    months = int(all_months)
    total = sum(_SECONDS[unit] * count for unit, count in counts.items() if unit in _SECONDS)
    seconds = round(total) or round(total, 3)
    days, rest = divmod(seconds, 86_400)
    # What is said in hours stays in hours: 36 hours are not a day and a half.
    if not counts.keys() & {"day", "week"} and not months and counts.keys() & {"hour", "minute", "second"}:
        days, rest = 0, seconds
    if counts.keys() == {"week"} and days % 7 == 0 and not rest:
        return f"P{days // 7}W"
    days += round(_DAYS_OF_A_MONTH * (all_months - months))
    date = "".join(f"{n}{mark}" for n, mark in ((months // 12, "Y"), (months % 12, "M"), (int(days), "D")) if n)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    time = "".join(f"{n}{mark}" for n, mark in ((hour, "H"), (minute, "M"), (second, "S")) if n)
    return f"P{date}{'T' + time if time else ''}" if date or time else "PT0S"
