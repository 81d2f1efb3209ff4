"""A plan tells what it would mean to those who wrote lately (P15)."""

import time
from typing import Any

from services.live_api.impact import Meaning, impact
from services.publisher.impact import begun
from shared.contracts import BotSettings
from tests.house import House
from tests.publisher.bots import draft, live
from tests.publisher.conftest import Cafe, says

SOUP, FERRY, NOTHING = (
    Meaning(understood=True, intent="soup"),
    Meaning(understood=True, intent="ferry"),
    Meaning(understood=False, intent=None),
)


def test_each_message_counts_as_often_as_it_was_said() -> None:
    said = {("en", "soup?"): 5, ("en", "boat?"): 2, ("en", "chowder?"): 3, ("en", "tide?"): 1}
    found = impact(7, said, [SOUP, FERRY, NOTHING, FERRY], [SOUP, SOUP, SOUP, NOTHING])
    assert (found.release, found.messages) == (7, 11)
    assert (found.change_intent, found.become_understood, found.cease_to_be_understood) == (2, 3, 1)
    assert [(e.text, e.count) for e in found.examples] == [("boat?", 2), ("chowder?", 3), ("tide?", 1)]


def test_only_ten_examples_of_a_kind_are_shown() -> None:
    said = {("en", f"message {number}"): 1 for number in range(50)}
    found = impact(1, said, [SOUP] * 50, [NOTHING] * 50)
    assert (found.cease_to_be_understood, len(found.examples)) == (50, 10)


def test_there_is_something_to_compute_where_understanding_differs() -> None:
    served = live()
    strict = live(draft(settings=BotSettings(intent_threshold=0.5)))
    assert begun(served, strict).status == "pending"
    assert begun(served, live(draft(flows={}))).reason == "understands_alike"
    assert begun(None, served).reason == "never_published"
    assert begun(served, None).reason == "nothing_to_publish"


def settled(house: House, plan: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = house.publisher.get(f"/v1/plans/{plan}").json()["impact"]
        if found["status"] != "pending":
            return found
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_plan_shows_which_messages_would_be_understood_now_and_forgets_whoever_asks_for_it(
    at_home: House, cafe: Cafe
) -> None:
    """Twice somebody asked for something that the café had never heard of; then it learnt the word."""
    for number, text in enumerate(("what soup is there", "qwzx vbnm", "qwzx vbnm")):
        said = at_home.live.post(
            f"/v1/bots/{cafe.id}/conversations/c{number}/messages", json={"text": text, "user": "ann"}
        )
        assert said.status_code == 200, said.text
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    assert at_home.plan(cafe.id, "flows")["impact"]["reason"] == "understands_alike"
    cafe.learns("soup", "qwzx vbnm")
    at_home.train(cafe.id)
    plan = at_home.plan(cafe.id, "nlp")
    assert plan["impact"]["status"] == "pending"
    assert settled(at_home, plan["id"]) == {
        "status": "done",
        "reason": None,
        "messages": 3,
        "change_intent": 0,
        "become_understood": 2,
        "cease_to_be_understood": 0,
        "examples": [
            {
                "text": "qwzx vbnm",
                "language": "en",
                "count": 2,
                "before": {"understood": False, "intent": None},
                "after": {"understood": True, "intent": "soup"},
            }
        ],
    }
    assert at_home.active(cafe.id)["models"] != {}
    published = at_home.publish(cafe.id, "nlp", plan=plan["id"])
    assert (published["status"], published["release"]) == ("live", 2)
    forgotten = at_home.publisher.post("/v1/erasures", json={"bot": cafe.id, "user": "ann"})
    assert forgotten.status_code == 202, forgotten.text
    deadline = time.monotonic() + 60
    while settled(at_home, plan["id"])["examples"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert settled(at_home, plan["id"])["become_understood"] == 2
