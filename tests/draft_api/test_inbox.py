"""What users said comes home once, and becomes expressions by a builder's hand."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import FERRY, assert_problem, make_bot, make_trainable, nlp_status

pytestmark = pytest.mark.usefixtures("trainings_here")


def said(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "sequence": number,
        "id": f"msg_{number}",
        "text": text,
        "language": "en",
        "intent": None,
        "confidence": None,
        "scope": 0.2,
        "understood": False,
        "exact": False,
        "release": 3,
        "conversation": "conv_1",
        "user": None,
        "received_at": f"2026-05-01T12:00:{number % 60:02d}Z",
        **more,
    }


def deliver(draft: TestClient, bot: str, *messages: dict[str, Any]) -> Any:
    return draft.post(f"{bot}/inbox/messages", json={"messages": messages})


def rows(draft: TestClient, bot: str, status: str = "pending") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = draft.get(f"{bot}/inbox", params={"status": status}).json()["items"]
    return found


def test_a_message_that_is_delivered_twice_counts_once(draft: TestClient) -> None:
    bot = make_trainable(draft)
    first = said(1, "is there a night boat")
    assert deliver(draft, bot, first, first).json() == {"added": 1}
    assert deliver(draft, bot, first).json() == {"added": 0}
    assert [row["count"] for row in rows(draft, bot)] == [1]


def test_what_is_said_often_stands_first_and_once(draft: TestClient) -> None:
    bot = make_trainable(draft)
    deliver(draft, bot, said(1, "do you sell cake"), said(2, "night boat?"), said(3, "Night boat"))
    found = rows(draft, bot)
    assert [(row["text"], row["count"]) for row in found] == [("night boat?", 2), ("do you sell cake", 1)]
    assert found[0]["last_at"] > found[0]["first_at"]
    assert found[0]["then"] == {"understood": False, "intent": None, "scope": 0.2, "release": 3}
    assert found[0]["now"] is None


def test_what_is_an_expression_already_teaches_nothing(draft: TestClient) -> None:
    bot = make_trainable(draft)
    deliver(draft, bot, said(1, FERRY[0].upper() + "?"), said(2, "soup", exact=True), said(3, "  "))
    assert rows(draft, bot) == []


def test_what_was_said_in_confidence_teaches_nothing(draft: TestClient) -> None:
    bot = make_trainable(draft)
    assert deliver(draft, bot, said(1, "•••")).json() == {"added": 1}
    assert rows(draft, bot) == []


def test_what_is_accepted_becomes_an_expression_edited_or_not(draft: TestClient) -> None:
    bot = make_trainable(draft)
    before = nlp_status(draft, bot)["fingerprint"]
    deliver(draft, bot, said(1, "is there a night boat"), said(2, "soop plz"))
    ids = {row["text"]: row["id"] for row in rows(draft, bot)}
    items = [
        {"id": ids["is there a night boat"], "intent": "ferry_times"},
        {"id": ids["soop plz"], "intent": "soup", "text": "soup please"},
    ]
    assert draft.post(f"{bot}/inbox/accept", json={"items": items}).json() == {"handled": 2}
    texts = [row["text"] for row in draft.get(f"{bot}/intents/soup/expressions").json()["items"]]
    assert "soup please" in texts
    assert "soop plz" not in texts
    assert rows(draft, bot) == []
    assert len(rows(draft, bot, "accepted")) == 2
    assert nlp_status(draft, bot)["fingerprint"] != before
    assert draft.post(f"{bot}/inbox/accept", json={"items": items}).json() == {"handled": 2}


def test_accepting_is_all_or_nothing(draft: TestClient) -> None:
    bot = make_trainable(draft)
    deliver(draft, bot, said(1, "is there a night boat"), said(2, "soop plz"))
    ids = {row["text"]: row["id"] for row in rows(draft, bot)}
    good = {"id": ids["is there a night boat"], "intent": "ferry_times"}
    for bad, status, code in (
        ({"id": "inbox_nothing", "intent": "soup"}, 404, "not_found"),
        ({"id": ids["soop plz"], "intent": "pudding"}, 422, "unknown_intent"),
        ({"id": ids["soop plz"], "intent": "soup", "text": FERRY[0]}, 409, "duplicate_expression"),
        ({"id": ids["soop plz"], "intent": "soup", "text": "   "}, 422, "empty_text"),
    ):
        assert_problem(draft.post(f"{bot}/inbox/accept", json={"items": [good, bad]}), status, code)
        assert len(rows(draft, bot)) == 2


def test_what_is_dismissed_stays_away(draft: TestClient) -> None:
    bot = make_trainable(draft)
    deliver(draft, bot, said(1, "asdf"))
    row = rows(draft, bot)[0]["id"]
    assert draft.post(f"{bot}/inbox/dismiss", json={"ids": [row]}).json() == {"handled": 1}
    deliver(draft, bot, said(2, "asdf"))
    assert rows(draft, bot) == []
    assert rows(draft, bot, "dismissed")[0]["count"] == 2
    assert_problem(draft.post(f"{bot}/inbox/dismiss", json={"ids": ["inbox_nothing"]}), 404, "not_found")


@pytest.mark.parametrize("told", ["2026-05-01T14:00:00+02:00", "2026-05-01T12:00:00", "2026-05-01T12:00:00Z"])
def test_it_is_noon_everywhere(draft: TestClient, told: str) -> None:
    bot = make_trainable(draft)
    deliver(draft, bot, said(1, "is it noon", received_at=told))
    assert rows(draft, bot)[0]["first_at"] == "2026-05-01T12:00:00Z"


def test_the_inbox_of_another_bot_is_out_of_reach(draft: TestClient) -> None:
    bot, other = make_trainable(draft), make_bot(draft, "Next Door")
    deliver(draft, bot, said(1, "is there a night boat"))
    row = rows(draft, bot)[0]["id"]
    assert_problem(draft.post(f"{other}/inbox/dismiss", json={"ids": [row]}), 404, "not_found")
    assert rows(draft, other) == []


def test_a_thousand_messages_come_at_once(draft: TestClient) -> None:
    bot = make_trainable(draft)
    assert deliver(draft, bot, *(said(n, f"order number {n}") for n in range(1000))).json() == {"added": 1000}
    assert deliver(draft, bot, *(said(n, "x") for n in range(1001))).status_code == 422


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "x" * 500}, {"language": "x" * 500}, {"intent": "x" * 500, "confidence": 1.0}, {"release": 2**62},
        {"sequence": 2**62}, {"intent": "intent_gone", "confidence": None}, {"text": "x" * 100_000},
        {"received_at": "0001-01-01T00:00:00+14:00"}, {"received_at": "9999-12-31T23:59:59-14:00"},
    ],
    ids=lambda odd: next(iter(odd)),
)  # fmt: skip
def test_an_odd_message_never_brings_the_inbox_down(draft: TestClient, odd: dict[str, Any]) -> None:
    bot = make_trainable(draft)
    assert deliver(draft, bot, said(1, "is there a night boat") | odd).status_code in {200, 422}
    assert draft.get(f"{bot}/inbox").status_code == 200


def groups(draft: TestClient, bot: str, **query: Any) -> dict[str, Any]:
    answer = draft.get(f"{bot}/inbox/groups", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_missing_intent_is_seen_at_a_glance_and_taken_in_one_go(draft: TestClient) -> None:
    bot = make_trainable(draft)
    deliver(
        draft, bot,
        said(1, "can I bring my bicycle"), said(2, "can I bring a bicycle aboard"), said(3, "may I bring my bicycle"),
        said(4, "the fog horn is loud"), said(5, "hm"), said(6, "can I bring my bicycle"),
        said(7, "next boat today", understood=True, intent="intent_ferry", confidence=0.9),
    )  # fmt: skip
    found = groups(draft, bot)
    assert (found["by"], found["looked_at"], found["left_out"], found["alone"]) == ("letters", 5, 0, 2)
    (bicycles,) = found["groups"]
    assert (bicycles["label"], bicycles["said"], bicycles["messages"]) == ("can I bring my bicycle", 4, 3)
    assert bicycles["id"] == bicycles["ids"][0] == bicycles["examples"][0]["id"]
    assert bicycles["now"] is None
    draft.post(f"{bot}/intents", json={"name": "bicycle"})
    items = [{"id": row, "intent": "bicycle"} for row in bicycles["ids"]]
    assert draft.post(f"{bot}/inbox/accept", json={"items": items}).json() == {"handled": 3}
    assert groups(draft, bot)["groups"] == []
    assert groups(draft, bot) == groups(draft, bot)


def test_the_groups_of_a_language_that_the_bot_lacks_are_refused(draft: TestClient) -> None:
    bot = make_trainable(draft)
    assert_problem(draft.get(f"{bot}/inbox/groups", params={"language": "xx"}), 422, "unknown_language")
    assert groups(draft, bot) == {
        "language": "en", "by": "letters", "looked_at": 0, "left_out": 0, "alone": 0, "groups": [],
    }  # fmt: skip


def test_a_large_inbox_is_paged_to_its_end(draft: TestClient) -> None:
    bot = make_trainable(draft)
    deliver(draft, bot, *(said(n, f"order number {n % 300}") for n in range(700)))
    first = draft.get(f"{bot}/inbox", params={"limit": 200}).json()
    rest = draft.get(f"{bot}/inbox", params={"limit": 200, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (200, 100, None)
    assert [row["count"] for row in first["items"] + rest["items"]] == [3] * 100 + [2] * 200
    assert len({row["id"] for row in first["items"] + rest["items"]}) == 300
