"""A message is in the language that was asked for, else in the one that is known, else in the one it looks like."""

from dataclasses import dataclass

import pytest

from shared.errors import InvalidError
from shared.nlp.letters import Letters, pack_letters
from shared.nlp.speaking import Signs, closest, detected, spoken_in

SAID = {
    "en": ["when does the ferry leave", "how much is a ticket for the boat", "can I bring my bicycle", "stop"],
    "nl": ["wanneer vertrekt de veerboot", "hoeveel kost een kaartje voor de boot", "mag mijn fiets mee", "ja"],
    "pt-BR": ["quando sai a balsa", "quanto custa uma passagem de barco", "posso levar minha bicicleta"],
}


@dataclass(frozen=True)
class Model:
    expressions: tuple[str, ...]
    letters: Letters | None

    def knows(self, text: str) -> bool:
        return text in self.expressions


MODELS = {k: Model(tuple(said), Letters.parse(pack_letters(said))) for k, said in SAID.items()}
DUTCH = "hoeveel kost de veerboot voor een fiets"


def spoken(text: str, detect: bool = True, **signs: str | None) -> str:
    return spoken_in(text, tuple(SAID), MODELS, Signs(**signs), detect)


def test_what_is_asked_for_wins() -> None:
    assert spoken(DUTCH, asked="en", known="pt-BR") == "en"


def test_a_language_that_the_bot_does_not_speak_is_refused_with_those_that_it_does() -> None:
    with pytest.raises(InvalidError, match=r"'fr'; it speaks en, nl, pt-BR") as refused:
        spoken(DUTCH, asked="fr")
    assert refused.value.code == "unknown_language"


@pytest.mark.parametrize(
    ("known", "language"), [(None, "en"), ("nl", "nl"), ("nl_BE", "nl"), ("PT", "pt-BR"), ("fr", "en")]
)
def test_without_detection_a_conversation_keeps_its_language_or_that_of_its_channel(
    known: str | None, language: str
) -> None:
    assert spoken(DUTCH, known=known, detect=False) == language


def test_a_message_that_is_clearly_in_another_language_is_answered_in_that_one() -> None:
    assert [spoken(DUTCH, known=known) for known in (None, "en", "nl", "pt-BR")] == ["nl"] * 4
    assert spoken(DUTCH, asked="auto", detect=False) == "nl"


def test_an_expression_of_one_other_language_is_clear_however_short() -> None:
    assert spoken("ja") == "nl"
    assert spoken("stop", known="nl") == "en"
    assert detected("ja", {**MODELS, "de": Model(("ja",), None)}, "de") == "de"


@pytest.mark.parametrize(("told", "language"), [("en", "en"), ("pt_PT", "pt-BR"), ("fr", "nl"), ("", "nl")])
def test_a_tag_that_comes_with_the_message_says_more_than_its_letters(told: str, language: str) -> None:
    assert spoken(DUTCH, told=told, known="en") == language


def test_a_tag_that_comes_with_the_message_counts_also_after_the_first_one() -> None:
    assert [spoken("🎉", told="nl", known="en", detect=detect) for detect in (True, False)] == ["nl", "nl"]


def test_an_expression_of_one_other_language_says_more_than_a_tag() -> None:
    assert [spoken("stop", told=told, known="nl") for told in ("nl", "pt")] == ["en", "en"]


def test_what_is_in_no_language_stays_where_the_conversation_is() -> None:
    assert [spoken("🎉", known=known) for known in SAID] == list(SAID)


@pytest.mark.parametrize(
    ("tag", "found"), [("en-GB", "en"), ("pt-PT", "pt-BR"), ("", None), (None, None), ("x" * 500, None)]
)
def test_a_channels_tag_means_the_nearest_language(tag: str | None, found: str | None) -> None:
    assert closest(tag, tuple(SAID)) == found
