"""What holds for every message, however odd."""

import unicodedata
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.entities.finder import compile_entities
from shared.entities.reading import read, spellings
from tests.shared.entities.harbour import EVERYTHING, WEDNESDAY, match

NAMES = ("New York", "Köln", "’s-Hertogenbosch", "東京", "서울", "Ålesund", "مكة", "กรุงเทพ", "🍕 palace", "Saint-Malo")
PLACES = {"place": match(*NAMES)}
CITIES = compile_entities({"place": match(*NAMES, fuzzy=False)})
ALL = compile_entities({**EVERYTHING, **PLACES, "code": {"kind": "match", "pattern": r"\w\d|\pN"}})

PIECES = st.sampled_from([
    "at 7", "tomorrow", "€5", "5 h", "+32 470 12 34 56", "jo@example.com", "www.example.com", "2026-13-45", "1,000",
    "half", "quarter to", "\u0301" * 40, "\u202e", "\ud800", "\x00", "👨‍👩‍👧", " ", "-", "'", "五", "٣", "ß", "İ", "ﬁ",
    "1½", "½", "2 1/2", "3-5pm", "09:00-17:00", "31/12/9999", "22:00-02:00", "1:30 hours", "£5m", "minus ", "five",
    " point ", "5k", "2027/02/01", " euro ",
    "我要", "5万", "12月1日", "。", "1 234,56", " and a half", "half a ", "'s avonds om ", "-$", "de la mañana",
    "5 May 27",
    *NAMES,
])  # fmt: skip
MESSAGES = st.lists(PIECES | st.text(max_size=12), max_size=12).map("".join)


@settings(max_examples=80, deadline=None)
@given(text=MESSAGES, language=st.sampled_from(["en", "nl", "fr", "de", "es", "ja", "zh", "zz"]))
def test_nothing_that_people_write_is_an_error(text: str, language: str) -> None:
    found = ALL.find(text, language, WEDNESDAY, 0.0)
    assert all(0 <= span.start < span.end <= len(text) and 0 < span.confidence <= 1 for span in found)
    assert found == sorted(found, key=lambda span: (span.start, span.end))
    assert all(one.end <= two.start or (one.start, one.end) == (two.start, two.end) for one, two in pairwise(found))


@settings(max_examples=80, deadline=None)
@given(before=MESSAGES, name=st.sampled_from(NAMES), after=MESSAGES, form=st.sampled_from(["NFC", "NFD"]))
def test_a_place_says_what_its_value_says(before: str, name: str, after: str, form: str) -> None:
    text = f"{before} {unicodedata.normalize(form, name.upper())} {after}"
    found = CITIES.find(text, "en", WEDNESDAY, 0.7)
    assert name in [span.value for span in found]
    for span in found:
        assert set(spellings(text[span.start : span.end])) & set(spellings(span.value))


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_every_character_that_is_read_has_its_place(text: str) -> None:
    reading = read(text)
    assert len(reading.folded) == len(reading.starts) == len(reading.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(reading.starts, reading.ends, strict=True))
    assert list(reading.starts) == sorted(reading.starts)


@settings(deadline=None)
@given(text=MESSAGES)
def test_what_is_read_twice_is_read_alike(text: str) -> None:
    assert ALL.find(text, "en", WEDNESDAY, 0.7) == ALL.find(text, "en", WEDNESDAY, 0.7)
