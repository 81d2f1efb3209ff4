"""A document is named by its content, whatever way it was written."""

import math

import pytest
from pydantic import ValidationError

from shared.contracts import BotSettings, Flow
from shared.digest import canonical, digest_of
from shared.errors import InvalidError
from shared.flows.block import parse_blocks

SOUP = Flow(id="menu", name="Menu", blocks=({"id": "soup", "kind": "message", "messages": [{"text": "Pea soup."}]},))


def test_the_order_of_keys_and_the_space_between_them_are_no_content() -> None:
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()


def test_equal_documents_have_one_name_and_a_changed_copy_another() -> None:
    again = Flow.model_validate_json(SOUP.model_dump_json())
    assert (again, again.digest) == (SOUP, SOUP.digest)
    changed = SOUP.model_copy(update={"name": "Lunch"})
    assert changed.digest == Flow(id="menu", name="Lunch", blocks=SOUP.blocks).digest != SOUP.digest
    assert SOUP.model_copy(update={}).digest == digest_of(SOUP.canonical())


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_write_is_in_no_document(odd: float) -> None:
    with pytest.raises(ValidationError):
        BotSettings(scope_threshold=odd)
    button = {"title": "Yes", "variables": {"price": odd}}
    with pytest.raises(InvalidError, match="finite"):
        parse_blocks([{"id": "soup", "kind": "message", "messages": [{"text": "Soup?", "buttons": [button]}]}])
