"""A document is named by its content, whatever way it was written."""

import math
from datetime import UTC, datetime

import orjson
import pytest
from pydantic import ValidationError

from shared.contracts import (
    BotIdentity,
    BotSettings,
    ExpressionMark,
    Flow,
    IntentMark,
    LanguageNlp,
    LanguageSettings,
    Snapshot,
)
from shared.digest import canonical, digest_of
from shared.errors import InvalidError
from shared.flows.block import parse_blocks
from shared.probes import Probe, ProbeResult

SOUP = Flow(id="menu", name="Menu", blocks=({"id": "soup", "kind": "message", "messages": [{"text": "Pea soup."}]},))


def test_the_order_of_keys_and_the_space_between_them_are_no_content() -> None:
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()


def test_equal_documents_have_one_name_and_a_changed_copy_another() -> None:
    again = Flow.model_validate_json(SOUP.model_dump_json())
    assert (again, again.digest) == (SOUP, SOUP.digest)
    changed = SOUP.model_copy(update={"name": "Lunch"})
    assert changed.digest == Flow(id="menu", name="Lunch", blocks=SOUP.blocks).digest != SOUP.digest
    assert SOUP.model_copy(update={}).digest == digest_of(SOUP.canonical())


def test_a_document_is_spelled_as_pydantic_would_spell_it_with_its_keys_sorted() -> None:
    moments = [datetime(2026, 11, 26, 2, 3, 4, micros, UTC) for micros in (0, 567_000)]
    trained = {
        k: LanguageNlp(status="trained", fingerprint=SOUP.digest, trained_at=at)
        for k, at in zip(("en", "nl"), moments, strict=True)
    }
    snapshot = Snapshot(
        bot=BotIdentity(id="bot_cafe", name="Harbour Café"),
        settings=BotSettings(languages={"nl": LanguageSettings(margin=0.25)}),
        languages=("en", "nl"),
        intents=(
            IntentMark(
                id="intent_soup", name="soup", expressions={"en": ExpressionMark(count=3, fingerprint=SOUP.digest)}
            ),
        ),
        entities={"dish": {"values": [{"value": "soup", "synonyms": ["broth"]}], "fuzzy": True, "weight": 1.0}},
        flows={"menu": SOUP},
        variables={"paid": {"default": None}},
        nlp=trained,
    )
    assert snapshot.canonical() == orjson.dumps(snapshot.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    assert Snapshot.model_validate_json(snapshot.canonical()) == snapshot


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_write_is_in_no_document(odd: float) -> None:
    with pytest.raises(ValidationError):
        BotSettings(scope_threshold=odd)
    button = {"title": "Yes", "variables": {"price": odd}}
    with pytest.raises(InvalidError, match="finite"):
        parse_blocks([{"id": "soup", "kind": "message", "messages": [{"text": "Soup?", "buttons": [button]}]}])


@pytest.mark.parametrize("row", [Probe, ProbeResult, ExpressionMark])
def test_the_fields_of_a_row_stand_in_the_order_in_which_they_are_written(row: type) -> None:
    assert list(row.__dataclass_fields__) == sorted(row.__dataclass_fields__)


def test_a_row_is_as_closed_and_as_finite_as_any_value() -> None:
    answered = {"text": "pea soup", "intent": "soup", "confidence": 0.9, "scope": 3.5}
    assert canonical(Probe(**answered)) == b'{"confidence":0.9,"intent":"soup","scope":3.5,"text":"pea soup"}'
    for wrong in ({"scope": math.inf}, {"mood": "hungry"}, {"confidence": "high"}):
        with pytest.raises(ValidationError):
            Probe(**{**answered, **wrong})
