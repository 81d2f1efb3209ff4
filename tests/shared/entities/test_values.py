"""Values with synonyms: whole words however they are written, and nearly so."""

from typing import Any

import pytest

from tests.shared.entities.harbour import find, match, told

SOUPS = {
    "soup": match("bouillabaisse: fish soup, soupe de poisson", "gazpacho", "clam chowder: chowder", "miso: 味噌汁")
}


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("one GAZPACHO please", "GAZPACHO", "gazpacho"),
        ("fish-soup?", "fish-soup", "bouillabaisse"),
        ("fish   soup", "fish   soup", "bouillabaisse"),
        ("f.i.s.h. soup", "f.i.s.h. soup", "bouillabaisse"),
        ("«gazpacho»", "gazpacho", "gazpacho"),
        ("gaz\u00adpacho", None, None),
        ("ｇａｚｐａｃｈｏ", "ｇａｚｐａｃｈｏ", "gazpacho"),
        ("味噌汁をください", "味噌汁", "miso"),
        ("gazpachos", "gazpachos", "gazpacho"),
        ("the gazpacho's cold", "gazpacho", "gazpacho"),
        ("supergazpacho", None, None),
        ("gazpacho🍅", "gazpacho", "gazpacho"),
        ("\u202egazpacho\u202c", "gazpacho", "gazpacho"),
    ],
)
def test_a_value_is_found_as_a_whole_word(text: str, place: str | None, value: str | None) -> None:
    assert told(SOUPS, text) == ([(place, value)] if place else [])


def test_an_accent_that_is_written_apart_belongs_to_its_letter() -> None:
    assert told({"place": match("café")}, "the cafe\u0301!") == [("cafe\u0301", "café")]


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("gazpacho", 1.0), ("gazpaco", 7 / 8), ("gazpachho", 7 / 8), ("gazpahco", 7 / 8), ("garpacho", 7 / 8),
        ("gaspaco", None), ("bouillabase", 11 / 13), ("boullabaise", 11 / 13), ("boulabase", None),
        ("clam chowdr", 10 / 11), ("clma chowder", 10 / 11), ("clamchowder", 10 / 11), ("miso", 1.0), ("mis", None),
    ],
)  # fmt: skip
def test_one_edit_from_five_letters_two_from_nine(text: str, confidence: float | None) -> None:
    found = find(SOUPS, text)
    assert [span.confidence for span in found] == ([pytest.approx(confidence)] if confidence else [])


def test_what_is_less_sure_than_the_threshold_is_not_told() -> None:
    assert told(SOUPS, "gazpaco", threshold=0.9) == []
    assert told(SOUPS, "gazpacho", threshold=1.0) == [("gazpacho", "gazpacho")]


def test_an_entity_may_insist_on_its_spelling() -> None:
    assert told({"soup": match("gazpacho", fuzzy=False)}, "gazpaco, gazpacho") == [("gazpacho", "gazpacho")]


def test_a_word_that_a_value_has_is_not_taken_for_another_that_is_misspelt() -> None:
    boats = {"boat": match("sloop", "sloot")}
    assert told(boats, "sloop or sloot") == [("sloop", "sloop"), ("sloot", "sloot")]


OVERLAPS: list[tuple[dict[str, Any], str, list[tuple[str, str]]]] = [
    ({"a": match("soup", "fish soup")}, "fish soup", [("a", "fish soup")]),
    ({"a": match("soup"), "b": match("fish soup")}, "fish soup", [("b", "fish soup")]),
    ({"a": match("fish soup"), "b": match("soup bowl set")}, "fish soup bowl set", [("b", "soup bowl set")]),
    ({"a": match("soup"), "b": match("soup")}, "soup", [("a", "soup"), ("b", "soup")]),
    ({"a": match("chowder"), "b": match("chowders")}, "chowder", [("a", "chowder")]),
    ({"a": match("soup")}, "soup soup", [("a", "soup"), ("a", "soup")]),
    ({"b": match("5 may"), "a": {"kind": "system", "system": "date"}}, "5 may", [("b", "5 may"), ("a", "2027-05-05")]),
]


@pytest.mark.parametrize(("entities", "text", "expected"), OVERLAPS, ids=lambda given: str(given)[:40])
def test_the_longest_wins_and_equal_places_are_all_told(
    entities: dict[str, Any], text: str, expected: list[tuple[str, str]]
) -> None:
    assert [(span.entity, span.value) for span in find(entities, text)] == expected


def test_thousands_of_synonyms_are_told_apart() -> None:
    cabins = {"cabin": match(*(f"cabin {number}" for number in range(3_000)), fuzzy=False)}
    assert told(cabins, "from cabin 77 to Cabin-2999") == [("cabin 77", "cabin 77"), ("Cabin-2999", "cabin 2999")]


def test_a_very_full_message_is_told_a_hundred_times_at_most() -> None:
    assert len(find(SOUPS, "miso " * 200)) == 100


def test_what_this_version_cannot_read_is_left_out() -> None:
    odd = {
        "later": {"kind": "neural"},
        "broken": {"kind": "match", "pattern": "("},
        "nowhere": {"kind": "system", "system": "date", "timezone": "Atlantis/Harbour"},
        "soup": match("miso", colour="red"),
        "fine": match("miso"),
    }
    assert [span.entity for span in find(odd, "miso tomorrow (")] == ["fine"]
