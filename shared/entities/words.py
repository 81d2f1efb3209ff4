"""What the recognisers know of a language: all of it folded, and a space stands for a hyphen as well."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Words = Mapping[str, int]


@dataclass(frozen=True)
class Numerals:
    """`under_thousand` has every way of saying 0 to 999. `articles` mean one, but mostly something else.

    `short` are scales that are written after digits alone. `point` is how a decimal point is said and `minus` a sign:
    fragments of regular expressions, which may look at what stands before. So are `half_a`, which takes half of what
    follows it, and `and_a_half` after a number or what it counts; `halves` are words for so many and a half.
    """

    under_thousand: Words = field(default_factory=dict)
    scales: Words = field(default_factory=dict)
    short: Words = field(default_factory=lambda: {"k": 1_000})
    articles: frozenset[str] = frozenset()
    ordinal: str = r"(?!)"
    decimal: str = "."
    point: str = r"(?!)"
    minus: str = r"(?!)"
    half_a: str = r"(?!)"
    and_a_half: str = r"(?!)"
    halves: Mapping[str, float] = field(default_factory=dict)
    compounds: bool = False


@dataclass(frozen=True)
class Calendar:
    """Fragments of regular expressions where the type is str. Weekdays count from Monday, which is 0.

    `days` counts from today; of `late_days`, which are among them, the second half is meant. `coming` words ask for
    the next weekday that comes, `following` ones for that of next week. Each may stand before the noun or after it.
    """

    months: Words = field(default_factory=dict)
    weekdays: Words = field(default_factory=dict)
    days: Words = field(default_factory=dict)
    late_days: frozenset[str] = frozenset()
    now: str = r"(?!)"
    units: Mapping[str, str] = field(default_factory=dict)
    ordinal: str = ""
    of: str = r"(?!)"
    before_day: str = r"(?!)"
    before_month: str = r"(?!)"
    month_first: bool = False
    this: str = r"(?!)"
    following: str = r"(?!)"
    coming: str = r"(?!)"
    last: str = r"(?!)"
    ahead_before: str = r"(?!)"
    ahead_after: str = r"(?!)"
    ago_before: str = r"(?!)"
    ago_after: str = r"(?!)"
    joins: str = r"(?!)"


@dataclass(frozen=True)
class Clock:
    """Parts of the day: `early` leave an hour as it is, `late` ones add twelve to it; those that are `night` as well
    not to the small hours.

    `past` and `to` stand between minutes and hour (or, `minutes_last`, hour and minutes); `half` says half an hour
    before the hour where `half_before`, after it otherwise. Before a number, `bare` is enough to
    make it a time. Digits on both sides of `to` are a range where `to_is_a_range`.
    """

    at: str = r"(?!)"
    hour: str = r"(?!)"
    early: str = r"(?!)"
    late: str = r"(?!)"
    night: str = r"(?!)"
    noon: str = r"(?!)"
    midnight: str = r"(?!)"
    quarter: str = r"(?!)"
    half: str = r"(?!)"
    past: str = r"(?!)"
    to: str = r"(?!)"
    minutes_last: bool = False
    half_before: bool = False
    bare: str = r"(?!)"
    to_is_a_range: bool = False


@dataclass(frozen=True)
class Spans:
    """How long: `units` by word; `fixed` are phrases in seconds."""

    units: Mapping[str, str] = field(default_factory=dict)
    fixed: Words = field(default_factory=dict)
    joins: str = r"(?!)"


@dataclass(frozen=True)
class Language:
    """`also_codes` are words that would be codes of currencies, if they were written in capitals."""

    code: str = ""
    numerals: Numerals = field(default_factory=Numerals)
    calendar: Calendar = field(default_factory=Calendar)
    clock: Clock = field(default_factory=Clock)
    spans: Spans = field(default_factory=Spans)
    money: Mapping[str, str] = field(default_factory=dict)
    cents: frozenset[str] = frozenset()
    also_codes: frozenset[str] = frozenset()
    country: str | None = None
    spaceless: bool = False
