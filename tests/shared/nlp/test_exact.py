"""T3: a message that equals an expression is understood, without its text being kept."""

import pytest

from shared.errors import InvalidError
from shared.nlp.exact import ExpressionHashes, pack


def found(expressions: list[tuple[str, int]], text: str) -> int | None:
    return ExpressionHashes.parse(*pack(expressions)).find(text)


SAID = [("Where is my train?", 0), ("Ik heb een café gezien", 1), ("Thanks 🚂", 2)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("where is my train", 0),
        ("  WHERE is...  my train!! ", 0),
        ("ik heb een CAFE gezien", 1),
        ("ik heb een cafe\u0301 gezien", 1),
        ("thanks 🚂", 2),
        ("thanks", None),
        ("where is my", None),
        ("", None),
        ("?!", None),
        ("\ud83d", None),
    ],
)
def test_case_punctuation_spaces_and_accents_do_not_count(text: str, label: int | None) -> None:
    assert found(SAID, text) == label


def test_accents_count_as_soon_as_two_expressions_differ_by_them_alone() -> None:
    said = [("pêche", 0), ("péché", 1), ("ça va", 2)]
    assert [found(said, text) for text in ("Pêche!", "péché", "peche", "ca va", "ça va")] == [0, 1, None, None, 2]


def test_an_expression_of_punctuation_alone_never_matches() -> None:
    data, _ = pack([("...", 0), ("???", 1), ("hello", 2)])
    assert len(data) == 12
    assert found([("...", 0)], "...") is None


def test_the_file_is_the_same_in_whatever_order_expressions_come_and_holds_no_text() -> None:
    data, _ = pack(SAID)
    assert data == pack(SAID[::-1])[0]
    assert b"train" not in data.lower()


def test_no_expressions_match_nothing() -> None:
    assert found([], "hello") is None


def test_a_file_that_is_cut_off_is_refused() -> None:
    with pytest.raises(InvalidError) as refused:
        ExpressionHashes.parse(pack(SAID)[0][:-1], True)
    assert refused.value.code == "model_invalid"
