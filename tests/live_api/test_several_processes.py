"""Several live processes over one PostgreSQL: they follow one pointer, and share the conversations."""

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

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
