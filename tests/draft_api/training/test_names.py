import numpy as np
import pytest

from services.draft_api.training.examples import Features
from services.draft_api.training.features import ngram_matrix
from services.draft_api.training.names import telling_names
from services.draft_api.training.source import spoken

SAID = [
    ("where is my card", 0),
    ("my card has not arrived", 0),
    ("i want to buy a ticket", 1),
    ("a ticket to paris please", 1),
    ("is there a dog on the train", 2),
    ("may my dog come along", 2),
]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("card_arrival", "card arrival"),
        ("card-arrival", "card arrival"),
        ("CardArrival", "Card Arrival"),
        ("Card arrival?", "Card arrival"),
        ("smalltalk.greet/2", "smalltalk greet 2"),
        ("HTTPError", "HTTPError"),
        ("ÉtatDuTrain", "État Du Train"),
        ("挨拶", "挨拶"),
        ("___", ""),
    ],
)
def test_a_name_is_read_as_words(name: str, words: str) -> None:
    assert spoken(name) == words


def test_a_name_that_is_what_people_say_is_told_from_one_that_is_not() -> None:
    assert told("card arrival", "ticket", "x17") == [0, 1]


def test_names_that_stand_at_the_wrong_intents_are_left_out() -> None:
    assert told("ticket", "dog", "card") == []


def test_names_without_any_word_are_left_out() -> None:
    assert told("", "", "") == []


def told(*names: str) -> list[int]:
    features = Features(None, ngram_matrix([*(text for text, _ in SAID), *names], 4096))
    found: list[int] = telling_names(features, np.array([label for _, label in SAID]), len(names)).tolist()
    return found
