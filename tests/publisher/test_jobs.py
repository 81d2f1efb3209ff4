"""Syncs of the inbox and erasures are jobs like all others: they tell where they are, can be followed, and end."""

from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select, update

from services.publisher.draft import Draft
from services.publisher.erasing import ask_for_erasure
from services.publisher.inbox_sync import InboxSync, ask_for_sync, unfinished_syncs
from services.publisher.records import now
from services.publisher.tables import erasures, inbox_schedules, inbox_syncs
from shared.errors import BusyError
from tests.house import House
from tests.publisher.conftest import Cafe


def events(house: House, path: str) -> list[dict[str, Any]]:
    lines = house.publisher.get(f"{path}/events").text.splitlines()
    return [orjson.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


@pytest.fixture
def waiting(at_home: House, cafe: Cafe) -> str:
    """A sync that was asked for and has not begun; two guests have spoken to live."""
    for guest in ("maud", "bert"):
        said = at_home.live.post(f"/v1/bots/{cafe.id}/conversations/{guest}/messages", json={"text": f"I am {guest}"})
        assert said.status_code == 200, said.text
    with at_home.publisher.app.state.bridge.db.writing() as connection:
        known = connection.execute(select(inbox_schedules.c.after).where(inbox_schedules.c.bot_id == cafe.id)).first()
        if known is None:
            values = {"bot_id": cafe.id, "enabled": False, "every_minutes": 1440, "next_at": now(), "after": 0}
            connection.execute(insert(inbox_schedules).values(**values))
        return ask_for_sync(connection, cafe.id)


def run(house: House, sync: str, draft: Draft | None = None) -> None:
    bridge = house.publisher.app.state.bridge
    InboxSync(bridge.db, draft or bridge.draft, bridge.targets["live"].live).run(sync)


def test_a_sync_tells_where_it_is_and_can_be_followed_to_its_end(at_home: House, waiting: str) -> None:
    path = f"/v1/inbox-syncs/{waiting}"
    found = at_home.publisher.get(path).json()
    assert (found["status"], found["step"], found["percent"]) == ("running", "moving", 0.0)
    assert found["eta_seconds"] is None
    run(at_home, waiting)
    assert [(state["status"], state["step"], state["moved"]) for state in events(at_home, path)] == [
        ("succeeded", "done", 2)
    ]


def test_a_sync_that_failed_says_why_as_other_jobs_do(at_home: House, waiting: str) -> None:
    class Away(Draft):
        def deliver(self, *_: Any) -> None:
            raise BusyError("draft_unreachable", "The draft service is away: since noon.")

    run(at_home, waiting, Away(at_home.publisher.app.state.bridge.draft._peer))
    found = at_home.publisher.get(f"/v1/inbox-syncs/{waiting}").json()
    assert found["error"] == {"code": "draft_unreachable", "detail": "The draft service is away: since noon."}


def test_a_cancelled_sync_moves_nothing_more_and_the_next_one_goes_on(at_home: House, cafe: Cafe, waiting: str) -> None:
    path, db = f"/v1/inbox-syncs/{waiting}", at_home.publisher.app.state.bridge.db
    asked = at_home.publisher.post(f"{path}/cancel").json()
    assert (asked["status"], asked["step"]) == ("running", "cancelling")
    with db.reading() as connection:
        # Whoever waits for it waits until the messages in hand have arrived; a restart takes it up.
        assert unfinished_syncs(connection) == [waiting]
    run(at_home, waiting)
    ended = at_home.publisher.get(path).json()
    assert (ended["status"], ended["moved"], ended["percent"]) == ("cancelled", 0, 100.0)
    assert at_home.publisher.post(f"{path}/cancel").json() == ended
    with db.writing() as connection:
        again = ask_for_sync(connection, cafe.id)
    run(at_home, again)
    assert at_home.publisher.get(f"/v1/inbox-syncs/{again}").json()["moved"] == 2


def test_a_sync_that_has_ended_stays_as_it_ended(at_home: House, waiting: str) -> None:
    run(at_home, waiting)
    assert at_home.publisher.post(f"/v1/inbox-syncs/{waiting}/cancel").json()["status"] == "succeeded"
    with at_home.publisher.app.state.bridge.db.reading() as connection:
        assert connection.execute(select(inbox_syncs.c.status)).scalar_one() == "succeeded"


def test_nobody_follows_or_cancels_a_sync_that_is_not_there(at_home: House) -> None:
    assert at_home.publisher.get("/v1/inbox-syncs/sync_none/events").status_code == 404
    assert at_home.publisher.post("/v1/inbox-syncs/sync_none/cancel").status_code == 404


def test_an_erasure_is_seen_through_whoever_would_cancel_it(at_home: House, cafe: Cafe) -> None:
    db = at_home.publisher.app.state.bridge.db
    with db.writing() as connection:
        erasure = ask_for_erasure(connection, cafe.id, "maud", "a lawyer")
    refused = at_home.publisher.post(f"/v1/erasures/{erasure}/cancel")
    assert (refused.status_code, refused.json()["code"], refused.json()["step"]) == (409, "not_cancellable", "finding")
    assert at_home.publisher.get(f"/v1/erasures/{erasure}").json()["status"] == "running"
    with db.writing() as connection:
        failed = {"status": "failed", "error": "internal: KeyError"}
        connection.execute(update(erasures).where(erasures.c.id == erasure).values(**failed))
    ended = at_home.publisher.post(f"/v1/erasures/{erasure}/cancel").json()
    assert (ended["status"], ended["error"]) == ("failed", {"code": "internal", "detail": "KeyError"})
    assert at_home.publisher.post("/v1/erasures/era_none/cancel").status_code == 404
