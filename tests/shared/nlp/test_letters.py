"""Which language a text is in, told from the bot's own words."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.errors import InvalidError
from shared.nlp.letters import Letters, likeliest, pack_letters

SAMPLE = Path(__file__).parents[2] / "samples" / "parcels" / "nlp.csv"


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with SAMPLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["language"], []).append(row["text"])
    return found


@pytest.fixture(scope="module")
def learnt(texts: dict[str, list[str]]) -> dict[str, Letters]:
    """From every other expression; the others are there to be asked."""
    return {language: Letters.parse(pack_letters(said[::2])) for language, said in texts.items()}


def test_sentences_that_were_never_heard_are_told_apart(
    texts: dict[str, list[str]], learnt: Mapping[str, Letters]
) -> None:
    asked = [(text, language) for language, said in texts.items() for text in said[1::2]]
    for current in learnt:
        right = sum(likeliest(text, learnt, current) == language for text, language in asked)
        assert right / len(asked) > 0.98, current


def test_scripts_need_but_a_few_words() -> None:
    said = {
        "ja": "切符はいくらですか",
        "zh": "车票多少钱",
        "th": "ตั๋วราคาเท่าไหร่",
        "ar": "كم سعر التذكرة",
        "en": "how much is it",
    }
    letters = {language: Letters.parse(pack_letters([text])) for language, text in said.items()}
    asked = {"ja": "切符はどこですか", "zh": "车票在哪里多少", "th": "ตั๋วอยู่ที่ไหนราคา", "ar": "أين التذكرة"}
    assert {likeliest(text, letters, "en") for text in asked.values()} == set(asked)
    assert all(likeliest(text, letters, "en") == language for language, text in asked.items())


@pytest.mark.parametrize(
    "text", ["", "   ", "?!", "🎉🎉", "0471 12 34 56", "anna@example.org", "https://example.org/hoe/gaat/het"]
)
def test_what_is_in_no_language_changes_nothing(learnt: Mapping[str, Letters], text: str) -> None:
    assert all(likeliest(text, learnt, current) == current for current in learnt)


@pytest.mark.parametrize("text", ["ok", "hm"])
def test_what_says_too_little_changes_nothing(learnt: Mapping[str, Letters], text: str) -> None:
    assert likeliest(text, learnt, "nl") == "nl"


def test_a_language_without_letters_is_neither_left_nor_taken(learnt: Mapping[str, Letters]) -> None:
    assert likeliest("Wo ist mein Paket?", learnt, "pt") == "pt"
    assert likeliest("Wo ist mein Paket?", {"nl": learnt["nl"]}, "nl") == "nl"


def test_a_file_that_is_cut_off_is_refused() -> None:
    data = pack_letters(["een kaartje"])
    with pytest.raises(InvalidError) as refused:
        Letters.parse(data[:-1])
    assert refused.value.code == "model_invalid"


def test_no_expression_at_all_costs_everything_alike(learnt: Mapping[str, Letters]) -> None:
    silent = Letters.parse(pack_letters([]))
    assert likeliest("Wo ist mein Paket?", {"xx": silent, "de": learnt["de"]}, "xx") == "de"
