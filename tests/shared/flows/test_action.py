"""What a bot does without a word: variables, calls to other services, people, the end."""

from typing import Any

import pytest

from shared.errors import InvalidError
from shared.flows import effects
from shared.flows.block import parse_blocks
from shared.flows.effects import HttpCall, HttpOutcome, SecretText
from shared.flows.engine import MOST_CALLS
from shared.flows.fallbacks import FALLBACK_TEXTS
from tests.shared.flows.bakery import Customer, asks, block, choices, does, goto, heard, opened, where

SAID = block("said", "{{ total }} for {{ loaves }}")


class Oven:
    """Answers calls, one outcome after another, and remembers them."""

    def __init__(self, *outcomes: HttpOutcome) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[HttpCall] = []

    def __call__(self, call: HttpCall) -> HttpOutcome:
        self.calls.append(call)
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


def http(**members: Any) -> dict[str, Any]:
    return {"do": "http", "url": "{{ env.oven }}/loaves", **members}


def customer_of(oven: Oven, *blocks: dict[str, Any], **variables: Any) -> Customer:
    customer = Customer(*blocks, **variables)
    customer.env = {"oven": "https://oven.example/v1"}
    customer.call = oven
    return customer


# -- variables ---------------------------------------------------------------------------


def test_a_variable_is_set_to_data_with_what_other_variables_hold() -> None:
    order = {"do": "set", "variable": "order", "value": {"loaves": "{{ loaves }}", "note": "for {{ user_message }}"}}
    total = {"do": "set", "variable": "total", "value": "{{ order.loaves }}"}
    customer = Customer(does("set", order, total, intent="order", next="said"), SAID, loaves=[1, 2])
    assert customer.says("Ada", "order") == ["1, 2 for 1, 2"]
    assert customer.state.variables == {"order": {"loaves": [1, 2], "note": "for Ada"}, "total": [1, 2]}


def test_a_variable_that_is_cleared_has_its_default_again() -> None:
    clear = does("clear", {"do": "clear", "variables": ["total", "gone"]}, intent="clear", next="said")
    customer = Customer(clear, SAID, total="nothing", loaves=0)
    customer.state = customer.state.model_copy(update={"variables": {"total": 9}})
    assert customer.says("clear", "clear") == ["nothing for 0"]
    assert customer.state.variables == {}


def test_an_action_opens_its_contexts_and_says_nothing() -> None:
    remember = does("remember", {"do": "set", "variable": "loaves", "value": 3}, intent="order", **opened("bag", 2))
    turn = Customer(remember).turn(heard("order", ("order", 0.9)))
    assert (turn.replies, turn.block, turn.state.contexts) == ((), "remember", {"bag": 2})


# -- calls -------------------------------------------------------------------------------


def test_a_call_is_made_of_templates_and_its_answer_kept_in_variables() -> None:
    oven = Oven(HttpOutcome(status=201, body={"id": 7, "lines": [{"loaf": "rye", "sum": 4.5}]}))
    bake = does(
        "bake",
        http(
            method="POST",
            url="{{ env.oven }}/loaves/{{ loaf }}?for={{ user_message }}",
            headers={"Authorization": {"secret": "OVEN_KEY", "prefix": "Bearer "}, "X-Loaf": "{{ loaf }}\r\nX-Evil: 1"},
            body={"count": "{{ loaves }}", "note": "{{ loaves }} of {{ loaf }}"},
            timeout_seconds=2,
            save={"order": "body.id", "total": "body.lines.0.sum", "code": "status", "none": "body.lines.9.sum"},
        ),
        intent="order",
        next="said",
    )
    customer = customer_of(oven, bake, SAID, loaves=3, loaf="rye/bread?")
    assert customer.says("Ada & Grace", "order") == ["4.5 for 3"]
    assert customer.state.variables == {"order": 7, "total": 4.5, "code": 201}
    (call,) = oven.calls
    assert (call.method, call.url) == ("POST", "https://oven.example/v1/loaves/rye%2Fbread%3F?for=Ada%20%26%20Grace")
    assert call.headers == {"Authorization": SecretText("OVEN_KEY", "Bearer "), "X-Loaf": "rye/bread?  X-Evil: 1"}
    assert call.body == {"count": 3, "note": "3 of rye/bread?"}
    assert call.timeout == pytest.approx(2, abs=0.1)


def test_the_same_message_makes_the_same_call_and_another_one_another() -> None:
    oven = Oven(HttpOutcome(status=204))
    customer = customer_of(oven, does("bake", http(), http(method="PUT"), intent="order", next="said"), SAID)
    before = customer.state
    for seed in ("1", "1", "2"):
        customer.state = before
        customer.turn(heard("order", ("order", 0.9)), seed)
    keys = [call.idempotency_key for call in oven.calls]
    assert keys[:2] == keys[2:4]
    assert len(set(keys)) == 4


@pytest.mark.parametrize(
    "outcome",
    [
        HttpOutcome(error="egress_denied"),
        HttpOutcome(error="timeout"),
        HttpOutcome(status=500, body="oops"),
        HttpOutcome(status=404, body={"detail": "no such loaf"}),
        HttpOutcome(status=301),
        HttpOutcome(),
    ],
)
def test_a_call_that_fails_leads_to_its_own_branch_or_to_the_block_for_errors(outcome: HttpOutcome) -> None:
    save = {"total": "status", "why": "body.detail", "error": "error"}
    forgiving = does("bake", http(save=save, failed="sorry"), intent="order", next="said")
    sorry = block("sorry", "{{ why|default('The oven is cold.') }}")
    customer = customer_of(Oven(outcome), forgiving, SAID, sorry, block("oops", system="error"))
    assert customer.says("order", "order") in (["The oven is cold."], ["no such loaf"])
    assert customer.state.variables.get("total") == outcome.status
    strict = does("bake", http(save=save), intent="order", next="said")
    customer = customer_of(Oven(outcome), block("wait", intent="order", next="bake"), {**strict, "intent": None}, SAID)
    turn = customer.turn(heard("order", ("order", 0.9)))
    assert [reply.text for reply in turn.replies] == [FALLBACK_TEXTS["error"]]
    assert turn.trace[-1].why.startswith("the call came to ")


def test_what_is_too_large_or_too_deep_of_an_answer_is_not_kept() -> None:
    deep: Any = "rye"
    for _ in range(500):
        deep = [deep]
    oven = Oven(HttpOutcome(status=200, body={"deep": deep, "large": "x" * 20_000, "fine": ["x" * 1000] * 9}))
    save = {"deep": "body.deep", "large": "body.large", "fine": "body.fine", "number": "body.deep.0.0"}
    customer = customer_of(oven, does("bake", http(save=save), intent="order"))
    customer.says("order", "order")
    assert customer.state.variables.keys() == {"fine"}


def test_a_message_that_calls_for_ever_is_stopped() -> None:
    oven = Oven(HttpOutcome(status=200, body={"ready": False}))
    poll = does("poll", http(save={"ready": "body.ready"}), intent="order", next="ready")
    ready = goto("ready", (where("ready", "equals", True), "said"), next="poll")
    assert customer_of(oven, poll, ready, SAID).says("order", "order") == [FALLBACK_TEXTS["error"]]
    assert len(oven.calls) == MOST_CALLS


def test_a_message_that_has_spent_its_time_makes_no_more_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 21.0, 30.0])
    monkeypatch.setattr(effects.time, "monotonic", lambda: next(clock))
    oven = Oven(HttpOutcome(status=200))
    bake = does("bake", http(), http(), http(save={"error": "error"}, failed="sorry"), intent="order", next="said")
    assert customer_of(oven, bake, SAID, block("sorry", "{{ error }}")).says("order", "order") == ["timeout"]
    assert [call.timeout for call in oven.calls] == [10.0, 4.0]


def test_variables_that_were_set_before_a_call_failed_stay() -> None:
    bake = does("bake", {"do": "set", "variable": "loaves", "value": 3}, http(), intent="order")
    customer = customer_of(Oven(HttpOutcome(status=503)), bake)
    customer.says("order", "order")
    assert customer.state.variables == {"loaves": 3}


# -- people, and the end -----------------------------------------------------------------


def test_a_person_is_asked_for_with_a_note_and_what_follows_is_still_said() -> None:
    person = does(
        "person", {"do": "hand_over", "note": "{{ user_message }} ({{ loaves }})"}, intent="person", next="soon"
    )
    customer = Customer(person, block("soon", "Somebody will be with you."), loaves=3)
    turn = customer.turn(heard("a human please", ("person", 0.9)))
    assert turn.hand_over is not None
    assert (turn.hand_over.block, turn.hand_over.note) == ("person", "a human please (3)")
    assert ([reply.text for reply in turn.replies], turn.ended) == (["Somebody will be with you."], False)


def test_a_person_takes_over_from_a_question_too() -> None:
    person = does("person", {"do": "hand_over"}, intent="person", next="soon")
    customer = Customer(asks("name", "name", intent="order"), person, block("soon"))
    customer.says("order", "order")
    assert customer.says("a human please", "person") == ["<soon>"]
    assert customer.state.questions == ()


def test_the_end_forgets_contexts_and_questions_but_not_the_user() -> None:
    hello = block("hello", system="introduction")
    name = asks("name", "name", intent="order", next="loaf", **opened("bag", 5))
    end = does("end", {"do": "end"}, intent="bye")
    customer = Customer(hello, name, asks("loaf", "loaf"), end)
    customer.says("order", "order")
    customer.says("Ada")
    turn = customer.turn(heard("bye", ("bye", 0.9)))
    assert (turn.ended, turn.replies) == (True, ())
    assert (customer.state.contexts, customer.state.questions) == ({}, ())
    assert customer.state.variables == {"name": "Ada"}
    assert customer.says("rye") == ["<hello>"]


# -- what may be written -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "code", "at"),
    [
        ({"do": "dance"}, "invalid_block", "/do"),
        ({"do": "set", "variable": "a"}, "invalid_block", "/value"),
        ({"do": "set", "variable": "a", "value": None}, "invalid_block", ""),
        ({"do": "set", "variable": "env", "value": 1}, "invalid_block", "/variable"),
        ({"do": "set", "variable": "user_message", "value": 1}, "invalid_block", "/variable"),
        ({"do": "set", "variable": "a", "value": ["{{ a"]}, "template_invalid", "/value"),
        ({"do": "clear", "variables": []}, "invalid_block", "/variables"),
        (http(url="ftp://oven.example"), "invalid_block", "/url"),
        (http(url="https://{{ loaf }}.example/"), "invalid_block", "/url"),
        (http(url="{{ env.oven }}{{ loaf }}"), "invalid_block", "/url"),
        (http(url="{{ loaf }}"), "invalid_block", "/url"),
        (http(url="https://ada@oven.example/{{ loaf }}"), "invalid_block", "/url"),
        (http(url="https://oven.example/a b"), "invalid_block", "/url"),
        (http(method="TRACE"), "invalid_block", "/method"),
        (http(timeout_seconds=11), "invalid_block", "/timeout_seconds"),
        (http(headers={"Host": "bakery.example"}), "invalid_block", "/headers/Host"),
        (http(headers={"X Y": "1"}), "invalid_block", "/headers/X Y"),
        (http(headers={"A": {"secret": "K", "prefix": "x\n"}}), "invalid_block", "/headers/A/prefix"),
        (http(save={"a": "headers.x"}), "invalid_block", "/save/a"),
        (http(colour="red"), "unknown_field", "/colour"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(action: dict[str, Any], code: str, at: str) -> None:
    with pytest.raises(InvalidError) as refused:
        parse_blocks([does("wrong", action)])
    assert refused.value.code == code
    assert f"/blocks/0/actions/0{at}" in [problem["pointer"] for problem in refused.value.extra["errors"]]


@pytest.mark.parametrize(
    "block_",
    [does("a", {"do": "end"}, {"do": "hand_over"}), does("a", {"do": "end"}, next="b"), does("a")],
)
def test_nothing_follows_an_end_and_something_is_done(block_: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        parse_blocks([block_])


# -- choices, by payload -----------------------------------------------------------------


def test_a_payload_picks_its_choice_however_long_ago_it_was_shown_and_whatever_was_written() -> None:
    twins = ({"title": "Yes", "variables": {"loaf": "rye"}}, {"title": "Yes", "variables": {"loaf": "spelt"}})
    menu = choices("menu", *({**twin, "next": "said"} for twin in twins), intent="menu")
    customer = Customer(menu, block("said", "{{ loaf }}"), block("hours", intent="hours"))
    shown = customer.turn(heard("menu", ("menu", 0.9))).replies[0].quick_replies or ()
    assert len({choice.payload for choice in shown}) == 2
    customer.says("hours", "hours")
    assert customer.turn(heard("Yes", ("hours", 0.9)), payload=shown[1].payload).replies[0].text == "spelt"
    again = Customer(menu, block("said")).turn(heard("menu", ("menu", 0.9))).replies[0].quick_replies
    assert again == shown


def test_a_payload_that_no_block_knows_is_as_good_as_its_text() -> None:
    customer = Customer(block("hours", intent="hours"))
    assert customer.turn(heard("hours", ("hours", 0.9)), payload="f" * 40).block == "hours"


# -- bubbles -----------------------------------------------------------------------------


def test_cards_and_pictures_are_shown_with_what_variables_hold() -> None:
    cards = [
        {"title": "{{ loaf }}", "subtitle": {"en": "Fresh"}, "image_url": "https://bakery.example/{{ loaf }}.jpg",
         "buttons": [{"title": "Order", "next": "said", "variables": {"loaf": "rye"}}]},
        {"title": "{{ gone }}"},
    ]  # fmt: skip
    media = {"type": "image", "url": "https://bakery.example/{{ loaf }}"}
    shop = {**block("shop", intent="shop"), "messages": [{"text": "Look", "carousel": cards}, {"media": media}]}
    customer = Customer(shop, block("said", "{{ loaf }}"), loaf="a b")
    looked, picture = customer.turn(heard("shop", ("shop", 0.9))).replies
    (card,) = looked.carousel or ()
    assert (card.title, card.subtitle, card.image_url) == ("a b", "Fresh", "https://bakery.example/a%20b.jpg")
    assert picture.media is not None
    assert (picture.text, picture.media.url) == ("", "https://bakery.example/a%20b")
    assert customer.presses("Order").replies[0].text == "rye"
