"""Where a message leads: contexts, system blocks, what was picked, what is gone (C2, C3, C5, T5, T11, P20)."""

import pytest

from shared.flows.conversation import taken_for
from shared.flows.engine import MOST_VISITS, ConversationState
from shared.flows.fallbacks import FALLBACK_TEXTS
from tests.shared.flows.bakery import Customer, block, choices, heard, opened

HELLO = block("hello", system="introduction")
SORRY = block("sorry", system="not_understood")


# -- the first message and the system blocks (C5, T5) ------------------------------------


def test_a_first_message_that_is_understood_goes_to_its_block() -> None:
    assert Customer(HELLO, SORRY, block("rye", intent="buy_rye")).says("rye please", "buy_rye") == ["<rye>"]


def test_a_first_message_that_is_not_understood_gets_the_introduction_alone_and_the_next_one_an_excuse() -> None:
    customer = Customer(HELLO, SORRY)
    assert customer.says("mumble") == ["<hello>"]
    assert customer.says("mumble") == ["<sorry>"]


def test_an_intent_that_no_block_answers_is_as_good_as_not_understood() -> None:
    customer = Customer(HELLO, SORRY)
    assert customer.says("a bagel", "buy_bagel") == ["<hello>"]
    assert customer.says("a bagel", "buy_bagel") == ["<sorry>"]


@pytest.mark.parametrize(
    ("reason", "role"),
    [
        ("out_of_scope", "not_understood"),
        ("no_model", "not_understood"),
        ("message_too_long", "message_too_long"),
        ("bot_disabled", "bot_disabled"),
    ],
)
def test_a_bot_without_a_block_for_it_has_a_sentence_built_in(reason: str, role: str) -> None:
    turn = Customer(block("rye", intent="buy_rye")).turn(heard(reason=reason))
    assert [reply.text for reply in turn.replies] == [FALLBACK_TEXTS[role]]
    assert turn.block is None


def test_a_message_that_is_too_long_goes_to_its_block_else_to_not_understood() -> None:
    too_long = heard("rye " * 400, reason="message_too_long")
    assert Customer(HELLO, SORRY, block("brief", system="message_too_long")).turn(too_long).block == "brief"
    assert Customer(HELLO, SORRY).turn(too_long).block == "sorry"


def test_a_bot_that_is_switched_off_answers_nothing_else_not_even_its_own_buttons() -> None:
    closed = block("closed", system="bot_disabled")
    customer = Customer(closed, choices("menu", {"title": "Rye", "next": "rye"}, intent="menu"), block("rye"))
    customer.says("menu", "menu")
    assert customer.turn(heard("Rye", reason="bot_disabled")).block == "closed"


# -- contexts (C2, C3) -------------------------------------------------------------------

YES = block("yes", intent="yes")
SLICE = block("slice", intent="yes", required_contexts=["slicing"])
WRAP = block("wrap", intent="yes", required_contexts=["wrapping"])
GIFT = block("gift", intent="yes", required_contexts=["slicing", "wrapping"])


def open_to(customer: Customer, **contexts: int) -> Customer:
    customer.state = ConversationState(started=True, contexts=contexts)
    return customer


@pytest.mark.parametrize(
    ("contexts", "answers"),
    [
        ({}, "<yes>"),
        ({"slicing": 1}, "<slice>"),
        ({"slicing": 1, "wrapping": 2}, "<gift>"),
        ({"raining": 9}, "<yes>"),
        ({"slicing": 0, "wrapping": -3}, "<yes>"),
    ],
)
def test_one_intent_means_what_the_open_contexts_make_of_it(contexts: dict[str, int], answers: str) -> None:
    assert open_to(Customer(YES, SLICE, WRAP, GIFT), **contexts).says("yes", "yes") == [answers]


def test_the_context_that_lives_longest_wins_whatever_the_order_of_the_blocks() -> None:
    for blocks in ((SLICE, WRAP), (WRAP, SLICE)):
        assert open_to(Customer(*blocks), slicing=3, wrapping=2).says("yes", "yes") == ["<slice>"]
        assert open_to(Customer(*blocks), slicing=2, wrapping=3).says("yes", "yes") == ["<wrap>"]


def test_of_contexts_that_live_equally_long_the_block_written_first_wins() -> None:
    assert open_to(Customer(WRAP, SLICE), slicing=2, wrapping=2).says("yes", "yes") == ["<wrap>"]


def test_a_context_is_open_for_as_many_user_messages_as_its_lifespan() -> None:
    customer = Customer(HELLO, SORRY, block("bread", intent="bread", **opened("slicing", 2)), YES, SLICE)
    customer.says("bread", "bread")
    assert [customer.says("yes", "yes") for _ in range(3)] == [["<slice>"], ["<slice>"], ["<yes>"]]


def test_a_message_that_is_not_understood_takes_one_from_each_context_too() -> None:
    customer = Customer(HELLO, SORRY, block("bread", intent="bread", **opened("slicing", 1)), YES, SLICE)
    customer.says("bread", "bread")
    customer.says("mumble")
    assert customer.says("yes", "yes") == ["<yes>"]


def test_a_context_that_is_opened_again_starts_anew() -> None:
    customer = Customer(block("bread", intent="bread", **opened("slicing", 2)))
    customer.says("bread", "bread")
    customer.says("bread", "bread")
    assert customer.state.contexts == {"slicing": 2}


def test_all_blocks_of_a_turn_open_their_contexts() -> None:
    customer = Customer(
        block("bread", intent="bread", next="cake", **opened("slicing", 2)), block("cake", **opened("wrapping", 4))
    )
    customer.says("bread", "bread")
    assert customer.state.contexts == {"slicing": 2, "wrapping": 4}


# -- following `next` --------------------------------------------------------------------


def test_next_is_said_at_once_and_the_first_block_is_the_one_that_answered() -> None:
    customer = Customer(block("rye", intent="rye", next="price"), block("price", next="bye"), block("bye"))
    turn = customer.turn(heard("rye", ("rye", 0.9)))
    assert [reply.text for reply in turn.replies] == ["<rye>", "<price>", "<bye>"]
    assert turn.block == "rye"
    assert [(step.flow, step.block) for step in turn.trace] == [
        ("counter", "rye"),
        ("counter", "price"),
        ("counter", "bye"),
    ]


def test_a_block_that_is_gone_leads_to_not_understood_and_the_trace_says_so() -> None:
    turn = Customer(SORRY, block("rye", intent="rye", next="price")).turn(heard("rye", ("rye", 0.9)))
    assert [reply.text for reply in turn.replies] == ["<rye>", "<sorry>"]
    assert turn.trace[-1].why == "after 'rye', but block 'price' is gone"


@pytest.mark.parametrize("length", [1, 2, 7])
def test_blocks_that_go_round_in_a_circle_say_only_that_something_went_wrong(length: int) -> None:
    circle = [block(f"b{i}", next=f"b{(i + 1) % length}", **opened("lost", 3)) for i in range(length)]
    circle[0]["intent"] = "rye"
    oops = block("oops", system="error", next="b0")
    turn = Customer(*circle, oops).turn(heard("rye", ("rye", 0.9)))
    assert [reply.text for reply in turn.replies] == ["<oops>"]
    assert turn.block == "oops"
    assert turn.state.contexts == {}
    assert len(turn.trace) == MOST_VISITS + 1


def test_a_long_way_that_ends_is_no_loop() -> None:
    way = [block(f"b{i}", next=f"b{i + 1}") for i in range(MOST_VISITS - 1)]
    way[0]["intent"] = "rye"
    turn = Customer(*way, block(f"b{MOST_VISITS - 1}")).turn(heard("rye", ("rye", 0.9)))
    assert len(turn.replies) == MOST_VISITS


def test_an_answer_whose_every_text_comes_out_blank_is_an_error_rather_than_silence() -> None:
    silent = block("silent", "{{ gone }}", intent="rye")
    assert Customer(silent, block("oops", system="error")).says("rye", "rye") == ["<oops>"]
    assert Customer(silent, block("oops", " {{ gone }}", system="error")).says("rye", "rye") == [
        FALLBACK_TEXTS["error"]
    ]


def test_a_blank_bubble_beside_others_is_left_out() -> None:
    rye = {**block("rye", intent="rye"), "messages": [{"text": "{{ gone }}"}, {"text": "Rye"}]}
    assert Customer(rye).says("rye", "rye") == ["Rye"]


# -- buttons and quick replies -----------------------------------------------------------

MENU = choices(
    "menu",
    {"title": "Rye bread", "next": "rye", "variables": {"loaf": "rye"}},
    {"title": "Café", "next": "cafe"},
    {"title": "Sliced", "variables": {"sliced": True}},
    {"title": "Gone", "next": "gone"},
    intent="menu",
)
SHOP = (SORRY, MENU, block("rye", "One {{ loaf }}, sliced: {{ sliced }}"), block("cafe"), block("cake", intent="cake"))


@pytest.mark.parametrize("written", ["Rye bread", "  rye   BREAD "])
def test_writing_the_title_of_what_was_offered_picks_it_whatever_it_is_understood_as(written: str) -> None:
    customer = Customer(*SHOP)
    customer.says("menu", "menu")
    assert customer.says(written, "cake") == ["One rye, sliced: "]


def test_a_title_is_the_same_however_its_accents_are_encoded() -> None:
    customer = Customer(*SHOP)
    customer.says("menu", "menu")
    assert customer.says("cafe\N{COMBINING ACUTE ACCENT}") == ["<cafe>"]


def test_what_was_offered_before_the_last_answer_is_no_longer_on_the_table() -> None:
    customer = Customer(*SHOP)
    customer.says("menu", "menu")
    customer.says("cake", "cake")
    assert customer.says("Rye bread") == ["<sorry>"]


def test_a_choice_that_leads_nowhere_sets_its_variables_and_is_understood_as_if_typed() -> None:
    customer = Customer(*SHOP)
    customer.says("menu", "menu")
    assert customer.says("sliced", "cake") == ["<cake>"]
    assert customer.state.variables == {"sliced": True}


def test_what_a_choice_sets_may_come_from_variables() -> None:
    """As it was when the choice was shown; what is no template stays what it is."""
    given = {"loaf": "{{ bread }}", "order": {"note": "one {{ bread }}"}, "odd": "{{ bread"}
    menu = choices("menu", {"title": "The same", "next": "done", "variables": given}, intent="menu")
    customer = Customer(menu, block("done", "{{ loaf }}, {{ order.note }}, {{ odd }}"))
    customer.state = ConversationState(variables={"bread": "rye"})
    customer.says("menu", "menu")
    assert customer.says("the same") == ["rye, one rye, {{ bread"]


def test_a_choice_whose_block_is_gone_leads_to_not_understood() -> None:
    customer = Customer(*SHOP)
    customer.says("menu", "menu")
    assert customer.says("Gone", "cake") == ["<sorry>"]


def test_a_page_to_open_is_shown_and_a_choice_without_a_title_is_not() -> None:
    site = {"title": "Map", "url": "https://bakery.example/map"}
    menu = choices("menu", site, {"title": "{{ gone }}", "next": "rye"}, intent="menu")
    turn = Customer(menu).turn(heard("menu", ("menu", 0.9)))
    assert turn.model_dump(exclude_none=True)["replies"][0]["quick_replies"] == (site,)
    assert turn.state.offers == ()


# -- did you mean (T11) ------------------------------------------------------------------

TWINS = heard("ry cak", ("rye", 0.41), ("bagel", 0.4), ("cake", 0.1), ("pie", 0.05), ("tart", 0.04), reason="ambiguous")
BREADS = tuple(block(name, intent=name) for name in ("rye", "cake", "pie", "tart"))


def test_intents_too_close_to_call_are_offered_as_buttons_if_something_answers_them() -> None:
    customer = Customer(HELLO, *BREADS, block("which", "Did you mean {{ suggestions }}?", system="did_you_mean"))
    turn = customer.turn(TWINS)
    assert turn.block == "which"
    assert turn.replies[0].text == "Did you mean rye, bagel, cake?"
    assert [button.title for button in turn.replies[0].buttons or ()] == ["rye", "cake", "pie"]
    assert customer.says("Cake") == ["<cake>"]


@pytest.mark.parametrize(
    ("own", "buttons", "quick"),
    [
        (["None of these"], ["rye", "cake", "None of these"], ["pie"]),
        (["A roll", "A person", "Nothing"], ["A roll", "A person", "Nothing"], ["rye", "cake", "pie"]),
    ],
)
def test_what_is_suggested_pushes_no_button_of_the_block_out(
    own: list[str], buttons: list[str], quick: list[str]
) -> None:
    offered = [{"title": title, "next": "sorry"} for title in own]
    which = {**block("which", system="did_you_mean"), "messages": [{"text": "Which?", "buttons": offered}]}
    (reply,) = Customer(SORRY, *BREADS, which).turn(TWINS).replies
    assert [choice.title for choice in reply.buttons or ()] == buttons
    assert [choice.title for choice in reply.quick_replies or ()] == quick
    for title, said in ((own[0], "<sorry>"), ("Pie", "<pie>")):
        customer = Customer(SORRY, *BREADS, which)
        customer.turn(TWINS)
        assert customer.says(title) == [said]


def test_a_bot_that_cannot_ask_takes_the_likeliest_and_says_so() -> None:
    turn = Customer(HELLO, *BREADS).turn(TWINS)
    assert turn.block == "rye"
    told = taken_for(TWINS, turn)
    assert (told.understood, told.reason, told.intent) == (True, None, TWINS.ranking[0])


def test_a_message_over_which_the_user_is_asked_was_not_understood() -> None:
    turn = Customer(HELLO, *BREADS, block("which", system="did_you_mean")).turn(TWINS)
    assert taken_for(TWINS, turn) == TWINS


# -- texts -------------------------------------------------------------------------------


def test_a_conversation_is_answered_in_its_language_else_in_the_first_of_the_bot() -> None:
    customer = Customer(block("rye", {"nl": "rogge", "fr": "seigle"}, intent="rye"), languages=("nl", "fr", "de"))
    assert customer.says("seigle", "rye", language="fr") == ["seigle"]
    assert customer.says("Roggen", "rye", language="de") == ["rogge"]
    assert customer.state.language == "de"


def test_the_same_message_gets_the_same_variant_and_different_ones_get_all() -> None:
    rye = {**block("rye", intent="rye"), "messages": [{"variants": ["Rye!", "Rye.", "Rye?"]}]}
    customer = Customer(rye)
    said = {seed: customer.turn(heard("rye", ("rye", 0.9)), seed).replies[0].text for seed in map(str, range(50))}
    assert set(said.values()) == {"Rye!", "Rye.", "Rye?"}
    assert all(customer.turn(heard("rye", ("rye", 0.9)), seed).replies[0].text == text for seed, text in said.items())


def test_a_text_knows_variables_environment_and_the_message_itself_and_nobody_can_pose_as_these() -> None:
    posing = {"title": "Pose", "variables": {"env": {"shop": "mine"}, "user_message": "mine"}}
    customer = Customer(
        choices("menu", posing, intent="menu"),
        block("rye", "{{ loaf }} {{ env.shop }} {{ user_message }} {{ intent }} {{ language }}", intent="rye"),
        loaf="boule",
    )
    customer.env = {"shop": "Ghent"}
    customer.says("menu", "menu")
    customer.says("pose")
    assert customer.says("rye please", "rye") == ["boule Ghent rye please rye en"]


# -- what is kept ------------------------------------------------------------------------


def test_a_state_written_by_a_later_version_can_be_read() -> None:
    kept = '{"started": true, "mood": "good", "offers": [{"title": "Rye", "next": "rye", "icon": "bread"}]}'
    state = ConversationState.model_validate_json(kept)
    assert state.started
    assert state.offers[0].next == "rye"


def test_a_bot_without_anything_still_answers() -> None:
    assert Customer(languages=()).says("anybody there?") == [FALLBACK_TEXTS["not_understood"]]
