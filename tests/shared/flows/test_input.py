"""Conversations in which the bot asks: answers, failures, detours, and what is known already."""

from datetime import timedelta
from typing import Any

import pytest

from shared.flows.conversation import ConversationState, Question, after_pause
from tests.shared.flows.bakery import Customer, asks, block, choices, does, goto, heard, where

NAME = asks("name", "name", intent="order", next="thanks")
THANKS = block("thanks", "Thank you, {{ name }}!")
HOURS = block("hours", "We open at seven.", intent="hours")


def test_what_is_asked_is_kept_and_the_conversation_goes_on() -> None:
    customer = Customer(NAME, THANKS)
    assert customer.says("I want to order", "order") == ["<name>"]
    assert customer.says(" Ada Lovelace ") == ["Thank you, Ada Lovelace!"]
    assert customer.state.variables == {"name": "Ada Lovelace"}
    assert customer.state.questions == ()


def test_what_is_known_is_not_asked_again() -> None:
    customer = Customer(NAME, THANKS)
    customer.says("I want to order", "order")
    customer.says("Ada")
    assert customer.says("I want to order", "order") == ["Thank you, Ada!"]


def test_a_default_is_no_answer() -> None:
    customer = Customer(NAME, THANKS, name="friend")
    assert customer.says("I want to order", "order") == ["<name>"]


@pytest.mark.parametrize(
    ("expects", "answer", "kept"),
    [
        ("number", "3", 3),
        ("number", "about 2.5 kilos", 2.5),
        ("number", "twelve", 12),
        ("date", "2027-03-05", "2027-03-05"),
        ("date", "tomorrow", "2027-03-02"),
        ("email", "it is ada@bakery.example", "ada@bakery.example"),
        ("url", "see https://bakery.example/rye", "https://bakery.example/rye"),
        ("phone", "+44 20 7946 0018", "+442079460018"),
        ("text", "Rye, well done", "Rye, well done"),
    ],
)
def test_an_answer_is_kept_in_one_spelling(expects: str, answer: str, kept: Any) -> None:
    customer = Customer(asks("what", "it", expects, intent="order"))
    customer.says("I want to order", "order")
    customer.says(answer)
    assert customer.state.variables == {"it": kept}


@pytest.mark.parametrize(
    ("expects", "answer"),
    [
        ("number", "many"),
        ("date", "some day"),
        ("email", "ada at home"),
        ("url", "the site"),
        ("phone", "12"),
        ("text", "  "),
    ],
)
def test_what_is_no_answer_is_asked_again(expects: str, answer: str) -> None:
    customer = Customer(asks("what", "it", expects, intent="order"))
    customer.says("I want to order", "order")
    assert customer.says(answer) == ["<what>"]
    assert (customer.state.variables, customer.state.questions) == ({}, (Question(block="what", failures=1),))


def test_the_first_failures_get_one_text_and_the_third_another() -> None:
    mail = asks(
        "mail", "mail", "email", intent="order", retry="An address, please.", third_failure={"text": "Like a@b.c"}
    )
    customer = Customer(mail)
    customer.says("I want to order", "order")
    said = [customer.says("no idea") for _ in range(4)]
    assert said == [["An address, please."], ["An address, please."], ["Like a@b.c"], ["Like a@b.c"]]
    assert customer.says("a@bakery.example") == []


def test_the_third_failure_may_lead_out_of_the_question() -> None:
    mail = asks("mail", "mail", "email", intent="order", third_failure={"text": "Never mind.", "next": "person"})
    customer = Customer(mail, block("person"))
    customer.says("I want to order", "order")
    assert [customer.says("no idea") for _ in range(3)] == [["<mail>"], ["<mail>"], ["Never mind.", "<person>"]]
    assert customer.state.questions == ()
    assert customer.says("no idea") == ["Sorry, I did not understand that. Could you say it in other words?"]


# -- interruptions (C4) ------------------------------------------------------------------


def test_an_intent_interrupts_a_question_which_is_asked_again_afterwards() -> None:
    customer = Customer(NAME, THANKS, HOURS)
    customer.says("I want to order", "order")
    assert customer.says("when do you open?", "hours") == ["We open at seven.", "<name>"]
    assert customer.says("Ada") == ["Thank you, Ada!"]


def test_a_question_that_is_not_interruptible_takes_whatever_is_said() -> None:
    customer = Customer({**NAME, "interruptible": False}, THANKS, HOURS)
    customer.says("I want to order", "order")
    assert customer.says("Seven", "hours") == ["Thank you, Seven!"]


def test_an_answer_in_a_sentence_is_one_unless_that_sentence_is_an_expression_of_the_bot() -> None:
    customer = Customer(asks("when", "day", "date", intent="order", next="fine"), block("fine", "{{ day }}!"), HOURS)
    customer.says("I want to order", "order")
    assert customer.says("what are your hours on 2027-03-05?", "hours", sure=1) == ["We open at seven.", "<when>"]
    asked = customer.state
    assert customer.says("let us say 2027-03-05", "hours") == ["2027-03-05!"]
    customer.state = asked
    assert customer.says("2027-03-05", "hours", sure=1) == ["2027-03-05!"]


def test_free_text_is_an_answer_unless_it_is_likelier_to_be_something_else() -> None:
    customer = Customer(NAME, THANKS, HOURS)
    customer.says("I want to order", "order")
    assert customer.says("Houria", "hours", sure=0.4) == ["Thank you, Houria!"]


def test_an_intent_without_a_block_here_interrupts_nothing() -> None:
    customer = Customer(NAME, THANKS)
    customer.says("I want to order", "order")
    assert customer.says("Ada", "smalltalk") == ["Thank you, Ada!"]


def test_intents_that_are_too_close_to_call_interrupt_nothing() -> None:
    customer = Customer(NAME, THANKS, HOURS, block("which", system="did_you_mean"))
    customer.says("I want to order", "order")
    turn = customer.turn(heard("Ada", ("hours", 0.4), ("order", 0.39), reason="ambiguous"))
    assert turn.replies[0].text == "Thank you, Ada!"


def test_a_question_in_a_question_comes_back_to_the_first() -> None:
    claim = asks("why", "why", intent="claim", next="noted")
    customer = Customer(NAME, THANKS, claim, block("noted", "Noted: {{ why }}."))
    customer.says("I want to order", "order")
    assert customer.says("my bread was stale", "claim") == ["<why>"]
    assert [question.block for question in customer.state.questions] == ["name", "why"]
    assert customer.says("it was green") == ["Noted: it was green.", "<name>"]
    assert customer.says("Ada") == ["Thank you, Ada!"]


def test_a_message_too_long_to_read_is_no_failure_and_the_question_stays() -> None:
    customer = Customer(NAME, THANKS, block("brief", system="message_too_long"))
    customer.says("I want to order", "order")
    turn = customer.turn(heard("Ada " * 999, reason="message_too_long"))
    assert [reply.text for reply in turn.replies] == ["<brief>", "<name>"]


def test_a_question_whose_block_is_gone_is_forgotten() -> None:
    customer = Customer(NAME, THANKS, HOURS)
    customer.says("I want to order", "order")
    customer.dialogue = Customer(HOURS).dialogue
    assert customer.says("Ada") == ["Sorry, I did not understand that. Could you say it in other words?"]
    assert customer.says("hours", "hours") == ["We open at seven."]


# -- choices -----------------------------------------------------------------------------

BREAD: dict[str, Any] = {
    **asks("bread", "bread", intent="order", next="done"),
    "messages": [
        {
            "text": "Which bread?",
            "quick_replies": [
                {"title": "Rye"},
                {"title": "Spelt", "variables": {"bread": "triticum spelta"}},
                {"title": "None", "next": "bye"},
            ],
        }
    ],
}
BAKERY = (BREAD, block("done", "One {{ bread }}."), block("bye"), block("rye", intent="rye"), HOURS)


@pytest.mark.parametrize(
    ("picked", "said"), [("Rye", "One Rye."), ("Spelt", "One triticum spelta."), ("None", "<bye>")]
)
def test_a_choice_of_the_question_answers_it_or_leads_out_of_it(picked: str, said: str) -> None:
    pressing, writing = Customer(*BAKERY), Customer(*BAKERY)
    for customer in (pressing, writing):
        customer.says("bread", "order")
    assert [reply.text for reply in pressing.presses(picked).replies] == [said]
    assert writing.says(picked, "rye") == [said]
    assert pressing.state.questions == writing.state.questions == ()


def test_a_failure_offers_the_choices_again() -> None:
    customer = Customer({**BREAD, "retry": "One of these?"}, *BAKERY[1:])
    customer.says("bread", "order")
    turn = customer.turn(heard("   "))
    assert (turn.replies[0].text, len(turn.replies[0].quick_replies or ())) == ("One of these?", 3)


PLAN = {
    **asks("plan", "count", "number", intent="order", retry="In digits, please.", next="thanks"),
    "messages": [
        {"text": "How many?", "buttons": [{"title": "None at all", "next": "bye"}]},
        {"text": "It helps to see them."},
        {"carousel": [{"title": "A dozen", "buttons": [{"title": "Twelve", "variables": {"count": 12}}]}]},
    ],
}


@pytest.mark.parametrize(("written", "said"), [("none at all", ["<bye>"]), ("Twelve", ["Thank you, !"])])
def test_a_failure_offers_buttons_and_cards_again_and_their_titles_are_still_known(
    written: str, said: list[str]
) -> None:
    customer = Customer(PLAN, THANKS, block("bye"))
    customer.says("I want to order", "order")
    first, second = customer.turn(heard("plenty")).replies
    assert (first.text, [button.title for button in first.buttons or ()]) == ("In digits, please.", ["None at all"])
    assert [card.title for card in second.carousel or ()] == ["A dozen"]
    assert customer.says(written) == said


def test_an_interruption_takes_no_failure_away() -> None:
    mail = asks("mail", "mail", "email", intent="order", third_failure={"text": "Never mind.", "next": "person"})
    customer = Customer(mail, block("person"), HOURS)
    customer.says("I want to order", "order")
    assert [customer.says("no idea"), customer.says("none")] == [["<mail>"]] * 2
    assert customer.says("when do you open?", "hours") == ["We open at seven.", "<mail>"]
    assert customer.says("none") == ["Never mind.", "<person>"]


def test_a_question_that_was_left_and_is_asked_anew_forgets_its_failures() -> None:
    mail = asks("mail", "mail", "email", intent="order", third_failure={"text": "Never mind.", "next": "person"})
    customer = Customer(mail, block("person"))
    for _ in range(2):
        customer.says("I want to order", "order")
        assert [customer.says("none") for _ in range(3)][-1] == ["Never mind.", "<person>"]


def test_a_choice_of_a_detour_comes_back_to_the_question() -> None:
    hours = choices("hours", {"title": "And on Sunday?", "next": "sunday"}, intent="hours")
    customer = Customer(NAME, THANKS, hours, block("sunday"))
    customer.says("I want to order", "order")
    customer.says("when do you open?", "hours")
    assert [reply.text for reply in customer.presses("And on Sunday?").replies] == ["<sunday>", "<name>"]


# -- entities ----------------------------------------------------------------------------

FROM = asks("from", "origin", "entity", entity="station", intent="train", next="to")
TO = asks("to", "goal", "entity", entity="station", next="trains")
TRAINS = block("trains", "From {{ origin }} to {{ goal }}.")


def test_entities_of_the_message_that_leads_to_a_question_answer_it_each_once() -> None:
    customer = Customer(FROM, TO, TRAINS)
    assert customer.says("a train from ghent to bruges", "train", ghent="station", bruges="station") == [
        "From Ghent to Bruges."
    ]


def test_what_is_missing_is_asked() -> None:
    customer = Customer(FROM, TO, TRAINS)
    assert customer.says("a train from ghent", "train", ghent="station") == ["<to>"]
    assert customer.says("somewhere") == ["<to>"]
    assert customer.says("to bruges then", bruges="station") == ["From Ghent to Bruges."]


def test_one_station_does_not_answer_two_questions() -> None:
    customer = Customer(FROM, TO, TRAINS)
    customer.says("a train please", "train")
    assert customer.says("ghent", ghent="station") == ["<to>"]


# -- asking again on purpose -------------------------------------------------------------


def test_a_variable_is_asked_anew_once_it_is_cleared() -> None:
    again = does("again", {"do": "clear", "variables": ["name"]}, next="name", intent="again")
    customer = Customer(NAME, THANKS, again)
    customer.says("I want to order", "order")
    customer.says("Ada")
    assert customer.says("that is wrong", "again") == ["<name>"]
    assert customer.says("Grace") == ["Thank you, Grace!"]


def test_an_answer_is_checked_by_a_goto_and_asked_again() -> None:
    many = asks("many", "loaves", "number", intent="order", next="enough")
    enough = goto("enough", (where("loaves", "greater_than", 20), "too_many"), next="fine")
    too_many = does("too_many", {"do": "clear", "variables": ["loaves"]}, next="sorry")
    customer = Customer(many, enough, too_many, block("sorry", "20 at most.", next="many"), block("fine"))
    customer.says("bread", "order")
    assert customer.says("a hundred, so 100") == ["20 at most.", "<many>"]
    assert customer.says("20") == ["<fine>"]


# -- silence -----------------------------------------------------------------------------


def test_after_a_long_silence_a_conversation_begins_anew_but_knows_the_user() -> None:
    hello = block("hello", "Hello {{ name }}!", system="introduction")
    customer = Customer(asks("bread", "bread", intent="order"), hello, NAME)
    customer.state = ConversationState(variables={"name": "Ada"})
    customer.says("bread", "order")
    asked = customer.state
    assert after_pause(asked, customer.at + timedelta(minutes=15), 15) == asked
    customer.state = after_pause(asked, customer.at + timedelta(minutes=15, seconds=1), 15)
    assert (customer.state.started, customer.state.questions, customer.state.contexts) == (False, (), {})
    assert customer.says("rye") == ["Hello Ada!"]
