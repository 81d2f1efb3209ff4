"""Several live processes over one PostgreSQL: they follow one pointer, and share the conversations."""

import asyncio
import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services.live_api import personal_routes
from services.live_api.encoding import Encoding
from services.live_api.presence import beat, moment_of, unsettled
from services.live_api.settings import LiveSettings
from services.live_api.tables import live_processes
from shared.db import Database
from tests.live_api.theatre import BOT, Live, Trained, activate, code, publish, quay, release, say, stage, wait_for

pytestmark = pytest.mark.postgres
CLASSIFY = f"/v1/bots/{BOT}/classify"


@pytest.fixture
def live(tmp_path: Path, postgres_url: str) -> Live:
    return Live.at(tmp_path, postgres_url)


@pytest.fixture
def pair(live: Live) -> Iterator[tuple[TestClient, TestClient]]:
    with live.open() as first, live.open() as second:
        yield first, second


@contextmanager
def slow_follower(live: Live) -> Iterator[TestClient]:
    """A process that shows its heartbeat once and then looks at nothing for a long time."""
    with dataclasses.replace(live, own=LiveSettings(follow_seconds=1.5)).open() as opened:
        yield opened


def digest_served(client: TestClient) -> str:
    digest: str = client.post(CLASSIFY, json={"text": "price"}).json()["release_digest"]
    return digest


def test_when_an_activation_is_answered_every_process_serves_it(
    pair: tuple[TestClient, TestClient], trained: Trained
) -> None:
    first, second = pair
    old = release(trained)
    publish(first, trained, old)
    wait_for(lambda: second.post(CLASSIFY, json={"text": "price"}).status_code == 200, "the other one follows")
    base = old.digest
    for hours in range(2, 6):
        new = release(trained, flows=quay(f"Every {hours} hours."))
        moved = publish(first, trained, new, base)
        assert moved["lagging"] == []
        assert digest_served(first) == digest_served(second) == new.digest
        base = new.digest


def test_a_process_that_does_not_follow_in_time_is_named(live: Live, trained: Trained) -> None:
    with live.open() as first:
        old, new = release(trained), release(trained, flows=quay("Never."))
        publish(first, trained, old)
        stage(first, new)
        impatient = dataclasses.replace(live, own=LiveSettings(lagging_seconds=0.1))
        with slow_follower(live) as slow, impatient.open() as asked:
            wait_for(lambda: slow.post(CLASSIFY, json={"text": "price"}).status_code == 200, "it serves the old one")
            wait_for(lambda: len(_processes(live)) == 3, "all three have shown themselves")
            moved = activate(asked, BOT, new.digest, old.digest, "two").json()
            assert len(moved["lagging"]) >= 1
            wait_for(lambda: digest_served(slow) == new.digest, "it follows by itself")


def _processes(live: Live) -> list[object]:
    db = Database(live.settings.database_url)
    with db.reading() as connection:
        found = list(connection.execute(live_processes.select()))
    db.dispose()
    return found


def test_a_conversation_that_changes_processes_goes_on(pair: tuple[TestClient, TestClient], trained: Trained) -> None:
    first, second = pair
    publish(first, trained, release(trained))
    wait_for(lambda: say(second, "?!", "warm-up").status_code == 200, "the other one follows")
    texts = [say(client, "?!").json()["replies"][0]["text"] for client in (first, second, first, second)]
    assert texts == ["Ahoy!", "Pardon?", "Pardon?", "Pardon?"]


def test_messages_of_one_conversation_to_several_processes_at_once_are_each_heard_once(
    pair: tuple[TestClient, TestClient], trained: Trained
) -> None:
    first, second = pair
    publish(first, trained, release(trained))
    wait_for(lambda: say(second, "?!", "warm-up").status_code == 200, "the other one follows")

    def send(n: int) -> str:
        answer = say(pair[n % 2], f"?! {n // 2}", **{"Idempotency-Key": f"key-{n // 2}"})
        assert answer.status_code == 200, answer.text
        text: str = answer.json()["replies"][0]["text"]
        return text

    with ThreadPoolExecutor(6) as crowd:
        texts = list(crowd.map(send, range(24)))
    kept = first.get(f"/v1/bots/{BOT}/conversations/maud/messages").json()["items"]
    assert len(kept) == 12
    assert sorted(item["replies"][0]["text"] for item in kept) == ["Ahoy!"] + ["Pardon?"] * 11
    assert texts.count("Ahoy!") == 2


def test_a_conversation_never_falls_back_to_an_older_release(live: Live, trained: Trained) -> None:
    """The slow process has not looked yet; the conversation tells it that there is something newer (R3)."""
    with live.open() as quick, slow_follower(live) as slow:
        old, new = release(trained), release(trained, flows=quay("Every other hour."))
        publish(quick, trained, old)
        wait_for(lambda: slow.post(CLASSIFY, json={"text": "price"}).status_code == 200, "it serves the old one")
        stage(quick, new)
        with ThreadPoolExecutor(1) as aside:
            moving = aside.submit(activate, quick, BOT, new.digest, old.digest, "two")
            wait_for(lambda: say(quick, "when is the next ferry").json()["release"] == 2, "the quick one has moved")
            assert say(slow, "when is the next ferry").json()["release"] == 2
            assert moving.result().status_code == 200


def test_a_key_that_one_process_revoked_dies_in_all(pair: tuple[TestClient, TestClient], trained: Trained) -> None:
    first, second = pair
    publish(first, trained, release(trained))
    wait_for(lambda: second.post(CLASSIFY, json={"text": "price"}).status_code == 200, "the other one follows")
    made = first.post("/v1/keys", json={"name": "website", "scopes": ["live:classify"]}).json()
    shown = {"Authorization": f"Bearer {made['key']}"}
    assert second.post(CLASSIFY, json={"text": "price"}, headers=shown).status_code == 200
    assert first.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert code(first.post(CLASSIFY, json={"text": "price"}, headers=shown)) == (401, "unauthenticated")
    wait_for(lambda: second.post(CLASSIFY, json={"text": "price"}, headers=shown).status_code == 401, "it is forgotten")


@pytest.fixture
def shown(live: Live) -> Iterator[Database]:
    with live.open():
        pass
    db = Database(live.settings.database_url)
    yield db
    db.dispose()


def showing(db: Database, process: str, busy_seconds: float = 0.0) -> None:
    with db.writing() as connection:
        beat(connection, process, 1, lambda: timedelta(seconds=busy_seconds))


def not_settled(db: Database, moment: datetime, patience: float = 60.0) -> list[str]:
    return list(unsettled(db, "asking", moment, timedelta(seconds=patience)))


def test_a_process_that_has_nothing_older_in_hand_is_not_waited_for(shown: Database) -> None:
    showing(shown, "idle")
    showing(shown, "asking")
    moment = moment_of(shown)
    assert not_settled(shown, moment) == ["idle"]
    showing(shown, "idle")
    assert not_settled(shown, moment) == []


def test_a_process_is_waited_for_until_what_came_before_is_done(shown: Database) -> None:
    moment = moment_of(shown)
    showing(shown, "busy", busy_seconds=20)
    assert not_settled(shown, moment) == ["busy"]
    showing(shown, "busy")
    assert not_settled(shown, moment) == []


def test_a_silent_process_is_waited_for_as_long_as_a_message_may_take(shown: Database) -> None:
    showing(shown, "dead or slow")
    moment = moment_of(shown)
    assert not_settled(shown, moment) == ["dead or slow"]
    assert not_settled(shown, moment, patience=0) == []


def test_of_a_process_of_an_older_version_nothing_is_known(shown: Database) -> None:
    moment = moment_of(shown)
    showing(shown, "older")
    with shown.writing() as connection:
        connection.execute(live_processes.update().values(settled_at=None))
    assert unsettled(shown, "asking", moment, timedelta(seconds=60)) == {"older": False}


def test_a_message_that_another_process_is_answering_is_erased_with_the_rest(
    pair: tuple[TestClient, TestClient], trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    publish(first, trained, release(trained))
    wait_for(lambda: say(second, "?!", "warm-up").status_code == 200, "the other one follows")
    heard, may_go, understand = threading.Event(), threading.Event(), Encoding.one

    async def slowly(*given: Any) -> Any:
        heard.set()
        await asyncio.to_thread(may_go.wait, 10)
        return await understand(*given)

    monkeypatch.setattr(Encoding, "one", slowly)
    with ThreadPoolExecutor(2) as aside:
        saying = aside.submit(say, second, "where is my umbrella", "maud", "maud")
        assert heard.wait(10)
        asked = aside.submit(first.post, f"/v1/bots/{BOT}/erasures", json={"user": "maud"})
        with pytest.raises(TimeoutError):
            asked.result(timeout=1)
        may_go.set()
        assert (saying.result().status_code, asked.result().json()["messages"]) == (200, 1)
    assert first.post(f"/v1/bots/{BOT}/exports", json={"user": "maud"}).json() == {"conversations": []}


@pytest.mark.parametrize(("says_so", "status"), [(True, 503), (False, 200)])
def test_an_erasure_is_not_done_while_another_process_says_that_it_has_something_older_in_hand(
    live: Live, shown: Database, monkeypatch: pytest.MonkeyPatch, says_so: bool, status: int
) -> None:
    """One of an older version, which cannot say so, is waited for and no longer."""
    monkeypatch.setattr(personal_routes, "MESSAGE_SECONDS", 1)
    with live.open() as client:
        showing(shown, "busy", busy_seconds=20)
        if not says_so:
            with shown.writing() as connection:
                connection.execute(live_processes.update().where(live_processes.c.id == "busy").values(settled_at=None))
        answer = client.post(f"/v1/bots/{BOT}/erasures", json={"user": "maud"})
    assert answer.status_code == status
    assert says_so == (answer.json().get("code") == "still_answering")


def test_a_process_follows_while_it_forgets_what_is_old(live: Live, trained: Trained) -> None:
    """Forgetting takes as long as there is much of it, or as somebody holds the table."""
    forgetful = dataclasses.replace(live, own=LiveSettings(forget_seconds=0.1))
    with live.open() as asked:
        old, new = release(trained), release(trained, flows=quay("Every other hour."))
        publish(asked, trained, old)
        stage(asked, new)
        db = Database(live.settings.database_url)
        with db.writing() as holding, forgetful.open() as forgetting:
            holding.execute(text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
            wait_for(lambda: _waits_for_a_lock(db), "it is about to forget")
            assert activate(asked, BOT, new.digest, old.digest, "two").json()["lagging"] == []
            assert digest_served(forgetting) == new.digest
            holding.rollback()
        db.dispose()


def _waits_for_a_lock(db: Database) -> bool:
    with db.reading() as connection:
        return connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one() > 0
