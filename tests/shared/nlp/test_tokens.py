"""When two texts count as equal (T3, T4)."""

from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.nlp.tokens import normal_form


@pytest.mark.parametrize(
    ("text", "plain", "folded"),
    [
        ("Where is my TRAIN?", "where is my train", "where is my train"),
        ("  where\tis\n my\u00a0 train ", "where is my train", "where is my train"),
        ("«Où est mon train?!»", "où est mon train", "ou est mon train"),
        ("I'm, like, late...", "im like late", "im like late"),
        ("Straße", "strasse", "strasse"),
        ("ÉCOLE", "école", "ecole"),
        ("cafe\u0301", "café", "cafe"),
        ("Zoë naïve jalapeño Łódź", "zoë naïve jalapeño łódź", "zoe naive jalapeno łodz"),
        ("100 % 5€ +1", "100 5€ +1", "100 5€ +1"),
        ("thanks 🚂!", "thanks 🚂", "thanks 🚂"),
        ("你好，火车在哪里？", "你好火车在哪里", "你好火车在哪里"),
        ("かぎ", "かぎ", "かぎ"),
        ("Поезд ёлка", "поезд ёлка", "поезд елка"),
        ("אֵיפֹה הָרַכֶּבֶת?", "אֵיפֹה הָרַכֶּבֶת", "אֵיפֹה הָרַכֶּבֶת"),
        ("한국어", "한국어", "한국어"),
        ("?!... —", "", ""),
        ("", "", ""),
        (" \u200b\u00ad ", "", ""),
        ("re\u00adnew a D\u200dVD\u200f", "renew a dvd", "renew a dvd"),
    ],
)
def test_case_punctuation_and_spaces_do_not_count_and_accents_only_where_asked(
    text: str, plain: str, folded: str
) -> None:
    twins = [normalize(form, text) for form in ("NFC", "NFD")]
    assert {normal_form(twin, fold_accents=False) for twin in twins} == {normalize("NFC", plain)}
    assert {normal_form(twin, fold_accents=True) for twin in twins} == {normalize("NFC", folded)}


def test_a_voiced_sound_is_another_letter_and_no_accent() -> None:
    """An oyster is not a key."""
    assert normal_form("かき", fold_accents=True) != normal_form("かぎ", fold_accents=True)


@given(st.text(), st.booleans())
@example("\N{MODIFIER LETTER CAPITAL A}corn", True)
def test_a_normal_form_is_its_own_normal_form(text: str, fold: bool) -> None:
    once = normal_form(text, fold)
    assert normal_form(once, fold) == once


@given(st.text(), st.booleans())
def test_twins_that_look_alike_are_equal(text: str, fold: bool) -> None:
    assert normal_form(normalize("NFD", text), fold) == normal_form(normalize("NFC", text), fold)


def test_half_a_character_is_no_trouble() -> None:
    assert normal_form("late \ud83d train", fold_accents=True) == "late train"
