"""Nobody who reads what was said reads what a sensitive variable holds (C6)."""

from typing import Any

import pytest

from shared.contracts import Flow
from shared.flows.engine import Dialogue
from shared.flows.masking import MASK, hidden_texts, mask
from tests.shared.flows.bakery import Customer, asks, block, heard

CARD = {"card": {"number": "4929 1234", "code": 7, "paid": True}, "name": "Ada"}


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("My card is 4929 1234.", f"My card is {MASK}."),
        ("4929 12345 is another", f"{MASK}5 is another"),
        ("code 7, not 77 nor a7", f"code {MASK}, not 77 nor a7"),
        ("Ada paid: true", "Ada paid: true"),
        ({"text": "7", "buttons": [{"title": "Use 4929 1234"}], "count": 7}, None),
    ],
)
def test_what_a_sensitive_variable_holds_is_masked_in_texts(data: Any, shown: Any) -> None:
    hidden = hidden_texts(CARD, {"card", "gone"})
    assert hidden == {"4929 1234", "7"}
    expected = shown or {"text": MASK, "buttons": [{"title": f"Use {MASK}"}], "count": 7}
    assert mask(data, hidden) == expected


def test_without_anything_to_hide_data_stays_what_it_is() -> None:
    data = {"text": "7"}
    assert mask(data, ()) is data
    assert mask(data, {" "}) is data


def secretive(*blocks: dict[str, Any]) -> Customer:
    customer = Customer()
    flows = {"till": Flow(id="till", name="Till", blocks=blocks)}
    customer.dialogue = Dialogue.of(flows, ("en",), {"phone": {"sensitive": True}})
    return customer


def test_a_turn_says_what_there_is_to_hide_before_and_after_it() -> None:
    ask = asks("ask", "phone", "phone", intent="call", next="thanks")
    customer = secretive(ask, block("thanks", "We call {{ phone }}."), block("hours", intent="hours"))
    assert customer.turn(heard("call me", ("call", 0.9))).hidden == set()
    said = "it is +44 20 7946 0018, after six"
    assert customer.turn(heard(said)).hidden == {"+442079460018", said}
    turn = customer.turn(heard("hours", ("hours", 0.9)))
    assert turn.hidden == {"+442079460018"}


PIN = {
    **asks("ask", "phone", "number", intent="pin"),
    "messages": [{"text": "Your PIN?", "buttons": [{"title": "I forgot it", "next": "hours"}]}],
}
HOURS = block("hours", intent="hours")


@pytest.mark.parametrize(
    ("said", "understood", "hidden"),
    [
        ("4111 1111 1111 1111", (), True),
        ("abcd", (), True),
        ("back to my hours with 4111x", ("hours", 0.9), True),
        ("I forgot it", (), False),
    ],
)
def test_what_is_said_to_a_sensitive_question_is_hidden_also_when_it_will_not_do(
    said: str, understood: tuple[Any, ...], hidden: bool
) -> None:
    customer = secretive(PIN, HOURS)
    customer.turn(heard("pin", ("pin", 0.9)))
    turn = customer.turn(heard(said, *([understood] if understood else [])))
    assert (said in turn.hidden) == hidden


def test_an_expression_of_the_bot_that_interrupts_a_sensitive_question_is_no_secret() -> None:
    customer = secretive(PIN, HOURS)
    customer.turn(heard("pin", ("pin", 0.9)))
    same = heard("hours", ("hours", 1.0)).model_copy(update={"exact_match": True})
    assert customer.turn(same).hidden == set()


def test_what_is_said_to_another_question_is_shown() -> None:
    customer = secretive(asks("who", "name", intent="order"), PIN)
    customer.turn(heard("order", ("order", 0.9)))
    assert customer.turn(heard("Ada")).hidden == set()
