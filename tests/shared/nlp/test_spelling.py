"""A mistyped word is read as the word that the bot knows; what is no mistake is left alone."""

import pytest
from tokenizers import Tokenizer, models

from shared.errors import InvalidError
from shared.nlp.spelling import Lexicon, OwnWords, is_one_slip, pack_words, put_right

EXPRESSIONS = [
    "Transfer money to my account",
    "is the transfer there",
    "a standing transfer",
    "Transport for Fjällräven",
]
ENGLISH = ["transfer", "transport", "money", "account", "standing", "count", "there", "##fer", "umbrella", "form"]


def lexicon(pieces: list[str] = ENGLISH) -> Lexicon:
    vocabulary = {piece: at for at, piece in enumerate(["[UNK]", *pieces])}
    return Lexicon(Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]")))


def read(text: str, expressions: list[str] = EXPRESSIONS, pieces: list[str] = ENGLISH) -> str:
    own = OwnWords.parse(pack_words(expressions))
    return put_right(text, own.strange(text), own, lexicon(pieces))


@pytest.mark.parametrize("slip", ["tansfer", "ttransfer", "transger", "trnasfer", "TRANSFE", "Transfee"])
def test_a_word_with_one_slip_is_read_as_it_was_meant(slip: str) -> None:
    assert read(f"my {slip}, please!") == "my transfer, please!"


@pytest.mark.parametrize(
    "text", ["", "🚂", "my TRANSFER", "an umbrella", "umbrela", "tarnsfre", "the fjällräven", "ths"]
)
def test_what_is_right_or_further_away_or_short_stays_as_it_was_written(text: str) -> None:
    assert read(text) == text


def test_a_word_of_the_bot_that_the_encoder_does_not_know_is_no_mistake() -> None:
    assert read("to the acount", [*EXPRESSIONS, "the acount of Monte Cristo"]) == "to the acount"


def test_a_word_that_the_encoder_knows_by_its_forms_is_no_mistake() -> None:
    pieces = ["bike", "baked", "baker", "baking", "refund", "account", "counts", "counted"]
    bot = ["may I bring my bike", "a refund to my account"]
    assert read("how do I bake a loaf", bot, pieces) == "how do I bake a loaf"
    assert read("a refun to my ccount", bot, pieces) == "a refund to my account"


def test_of_two_words_as_near_the_one_that_is_said_more_often_is_meant() -> None:
    pieces = ["form", "farm"]
    assert read("the fprm farrm fxrm", ["a form", "a form", "a farm"], pieces) == "the form farm form"
    assert read("fxrm", ["a form", "a farm", "a farm"], pieces) == "farm"


def test_the_encoders_own_way_to_write_the_beginning_of_a_word_is_understood() -> None:
    assert read("die Rechnnug", ["meine Rechnung"], ["▁rechnung", "rechnun", "▁meine"]) == "die rechnung"


def test_one_slip_is_told_from_none_and_from_two() -> None:
    assert not is_one_slip("card", "card")
    assert not is_one_slip("card", "crda")
    assert is_one_slip("", "a")
    assert is_one_slip("ab", "ba")


def test_a_message_of_nothing_but_mistakes_is_put_right_at_its_beginning_alone() -> None:
    words = [f"transfer{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert read(" ".join(words)).split().count("transfer") == 16


def test_the_file_holds_no_word_and_one_that_is_cut_off_is_refused() -> None:
    data = pack_words(EXPRESSIONS)
    assert b"transfer" not in data.lower()
    with pytest.raises(InvalidError) as refused:
        OwnWords.parse(data[:-1])
    assert refused.value.code == "model_invalid"


def test_a_bot_without_words_has_nothing_to_put_right() -> None:
    assert read("transfre", ["🚂", "123"]) == "transfre"
