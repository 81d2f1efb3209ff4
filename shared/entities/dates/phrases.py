"""Fragments of regular expressions over folded text, made from the words of a language.

Every repetition is bounded: a message of nothing but spaces or digits costs no more than another one.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from shared.entities.reading import SPACELESS
from shared.entities.speech import language_of
from shared.entities.words import Language

GAP, MAYBE = r"[ \-]{1,3}", r"[ \-]{0,3}"
# A character of a word, unless its script has no spaces: there a word may begin and end anywhere.
WORD = rf"[^\W{SPACELESS}]"
BEGINS, ENDS = f"(?<!{WORD})", f"(?!{WORD})"
NEVER = r"(?!)"
DATE_IN_CHARACTERS = r"(?:(?P<year>\d{4}) ?[年년] ?)?(?P<month>\d\d?) ?[月월] ?(?P<day>\d\d?) ?[日号號일]"
DATE_IN_DIGITS = (
    r"(?:\d{4}(?P<ymd>[/\-])\d\d?(?P=ymd)\d\d?|\d\d?(?P<dmy>[./\-])\d\d?(?P=dmy)\d{2,4}|"
    rf"{DATE_IN_CHARACTERS})"
)

# Names of hosts. A sentence without spaces goes on after ".com".
HOST = r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}"
TOP_LEVEL = rf"(?:[^\W\d_{SPACELESS}]{{2,24}}{ENDS}|[{SPACELESS}]{{2,24}}(?!\w))"


def either(phrases: Iterable[str]) -> str:
    """Any of some phrases, the longest first; spaces stand for hyphens too."""
    ordered = sorted((re.escape(phrase).replace(r"\ ", GAP) for phrase in phrases), key=len, reverse=True)
    return f"(?:{'|'.join(ordered)})" if ordered else NEVER


def fragment(pattern: str) -> str:
    """A fragment of a language's own, in which spaces stand for hyphens too."""
    return f"(?:{pattern.replace(' ', GAP)})"


def whole(pattern: str) -> re.Pattern[str]:
    """No part of a longer word or number."""
    return re.compile(rf"{BEGINS}(?<![.,/:\-])(?:{pattern}){ENDS}(?!/|[.,:\-]\d)")


@lru_cache(maxsize=16)
def small_numbers(code: str) -> Mapping[str, int]:
    """Words for 1 to 59, and what may stand for one."""
    known = language_of(code).numerals
    words = {phrase: value for phrase, value in known.under_thousand.items() if 0 < value < 60}
    return {**dict.fromkeys(known.articles, 1), **words}


@lru_cache(maxsize=16)
def number(code: str) -> str:
    return rf"(?:\d{{1,4}}|{either(small_numbers(code))})"


def value_of(written: str, language: Language) -> int:
    """What `number` found."""
    if written.isdigit():
        return int(written)
    return small_numbers(language.code)[re.sub(GAP, " ", written)]
