"""Over a switch a conversation finishes its step with the release that it began it with, but not for ever (P20)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.live_api.memory import Remembered
from services.live_api.staying import MOST_RELEASES, Switch, may_stay
from shared.contracts import Flow, Release
from tests.live_api.theatre import BOT, Live, Trained, activate, publish, release, say

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def minutes(ago: float) -> datetime:
    return NOON - timedelta(minutes=ago)


@pytest.mark.parametrize(
    ("silent", "switches", "stays"),
    [
        (1, [("publication", 0.5)], True),
        (1, [("publication", 0.9), ("publication", 0.1)], True),
        (15, [("publication", 3)], True),
        (15.1, [("publication", 3)], False),
        (1, [("publication", 60)], True),
        (1, [("publication", 60.1), ("publication", 1)], False),
        (1, [("rollback", 0.5)], False),
        (1, [("publication", 0.9), ("live_edit", 0.1)], False),
        (1, [("publication", 0.5)] * MOST_RELEASES, True),
        (1, [("publication", 0.5)] * (MOST_RELEASES + 1), False),
        (1, [], False),
    ],
)
def test_a_conversation_stays_for_a_session_an_hour_and_eight_releases_and_no_rollback(
    silent: float, switches: list[tuple[str, float]], stays: bool
) -> None:
    before = Remembered(last_at=minutes(silent))
    found = [Switch(origin, minutes(ago)) for origin, ago in switches]
    assert may_stay(before, found, timeout_minutes=15, now=NOON) is stays


def ticket(trained: Trained, question: str, thanks: str) -> Release:
    """Asks how many want to come; `thanks` is what everybody is told afterwards."""
    blocks: tuple[dict[str, Any], ...] = (
        {
            "id": "many", "kind": "input", "intent": "int_price", "variable": "people", "expects": "number",
            "messages": [{"text": question}], "next": "thanks",
        },
        {"id": "thanks", "kind": "message", "messages": [{"text": thanks}]},
        {"id": "times", "kind": "message", "intent": "int_times", "messages": [{"text": thanks}]},
    )  # fmt: skip
    return release(trained, flows={"quay": Flow(id="quay", name="Quay", blocks=blocks)})


def heard(client: TestClient, text: str, conversation: str = "maud") -> tuple[str, int]:
    answer = say(client, text, conversation).json()
    return answer["replies"][-1]["text"], answer["release"]


def test_who_is_asked_something_answers_the_release_that_asked(
    client: TestClient, trained: Trained, live: Live
) -> None:
    old, new = ticket(trained, "How many?", "Thanks."), ticket(trained, "How many of you?", "Thank you.")
    publish(client, trained, old)
    assert [heard(client, "price of a return", who) for who in ("maud", "bert")] == [("How many?", 1)] * 2
    assert heard(client, "when is the next ferry", "ada") == ("Thanks.", 1)
    publish(client, trained, new, old.digest)
    assert heard(client, "when is the next ferry", "ada") == ("Thank you.", 2)
    assert heard(client, "price of a return", "carl") == ("How many of you?", 2)
    assert heard(client, "a few") == ("How many?", 1)
    with live.open() as restarted:
        assert heard(restarted, "three") == ("Thanks.", 1)
        assert heard(restarted, "when is the next ferry") == ("Thank you.", 2)
    back = {"origin": "rollback", "rollback_of": 1}
    assert activate(client, BOT, old.digest, new.digest, "back", **back).status_code == 200
    assert heard(client, "a few", "carl") == ("How many?", 3)


def test_who_is_asked_what_is_asked_alike_moves_on_at_once(client: TestClient, trained: Trained) -> None:
    old, new = ticket(trained, "How many?", "Thanks."), ticket(trained, "How many?", "Thank you.")
    publish(client, trained, old)
    heard(client, "price of a return")
    publish(client, trained, new, old.digest)
    assert heard(client, "three") == ("Thank you.", 2)
