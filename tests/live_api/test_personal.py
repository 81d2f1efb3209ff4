"""What live holds of one person is told and erased whole, on either database: what waits and what is parked too."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, insert, select

from services.live_api.channel import Incoming
from services.live_api.encoding import Encoding
from services.live_api.inbox import Call, Kept, accept, conversation_name
from services.live_api.tables import agent_messages, conversations, inbox, messages, outbox
from tests.live_api.theatre import BOT, Live, code, publish, release, say

CANARY = "the canary of maud"
PATH = f"/v1/bots/{BOT}"
HERS = conversation_name("ch_1", "+31 6 1234")


@pytest.fixture
def live(live: Live) -> Live:
    """It keeps what platforms send, and gets no further."""
    return replace(live, own=replace(live.own, delivery=replace(live.own.delivery, turns_at_once=0)))


@pytest.fixture
def ferry(client: TestClient, live: Live) -> TestClient:
    """Maud has talked on the REST channel; on another she waits for an answer, and people have answered her."""
    publish(client, None, release(None))
    say(client, f"{CANARY} sings", "maud", "maud")
    say(client, "where is bert", "bert", "bert")
    db, moment = live.database(), datetime.now(UTC)
    with db.writing() as connection:
        waiting = [Incoming(f"ev-{who}", "+31 6 1234", f"{CANARY} waits", user=who) for who in ("maud", "bert")]
        accept(connection, [Call(BOT, "ch_1", waiting[:1]), Call(BOT, "ch_2", waiting[1:])])
        state = {"state": "{}", "version": 1, "release_number": 1, "release_digest": "x", "language": "en"}
        times = {"started_at": moment, "last_at": moment}
        values = {"bot_id": BOT, "id": HERS, "user_id": "maud", "channel_id": "ch_1", **state, **times}
        connection.execute(insert(conversations).values(**values))
        sent = {"id": "out_1", "bot_id": BOT, "target": "ch_1", "conversation": HERS, "address": "+31 6 1234"}
        more = {"body": CANARY, "parts": 0, "status": "parked", "attempts": 9, "created_at": moment}
        connection.execute(insert(outbox).values(**sent, **more))
        agent = {"id": "ag_1", "bot_id": BOT, "conversation": HERS, "author": "desk", "sent_at": moment}
        connection.execute(insert(agent_messages).values(**agent, reply=f'{{"text":"{CANARY}"}}', body_hash="x"))
    db.dispose()
    return client


def texts(live: Live) -> list[str]:
    """Every text that any row holds."""
    columns = (
        messages.c.text,
        inbox.c.body,
        outbox.c.body,
        outbox.c.address,
        agent_messages.c.reply,
        conversations.c.id,
    )
    db = live.database()
    with db.reading() as connection:
        found = [value for column in columns for value in connection.execute(select(column)).scalars() if value]
    db.dispose()
    return sorted(found)


def test_everything_of_one_person_goes_and_nothing_of_another(ferry: TestClient, live: Live) -> None:
    gone = ferry.post(f"{PATH}/erasures", json={"user": "maud"})
    assert gone.status_code == 200, gone.text
    assert gone.json() == {"conversations": 2, "messages": 1, "agent_messages": 1, "waiting": 1, "replies": 1}
    left = texts(live)
    assert [text for text in left if "maud" in text and "bert" not in text] == []
    assert {"where is bert", "bert"} <= set(left)
    assert ferry.post(f"{PATH}/erasures", json={"user": "maud"}).json()["messages"] == 0
    trail = ferry.get("/v1/audit?action=user_erased").json()["items"]
    assert [entry["detail"]["messages"] for entry in trail] == [1]


def test_a_message_that_is_being_answered_goes_with_the_rest(
    ferry: TestClient, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, may_go, understand = threading.Event(), threading.Event(), Encoding.one

    async def slowly(*given: Any) -> Any:
        heard.set()
        await asyncio.to_thread(may_go.wait, 10)
        return await understand(*given)

    monkeypatch.setattr(Encoding, "one", slowly)
    with ThreadPoolExecutor(2) as aside:
        saying = aside.submit(say, ferry, f"{CANARY} whispers", "another", "maud")
        assert heard.wait(10)
        erasing = aside.submit(ferry.post, f"{PATH}/erasures", json={"user": "maud"})
        time.sleep(0.3)
        assert not erasing.done()
        may_go.set()
        assert (saying.result().status_code, erasing.result().status_code) == (200, 200)
    assert [text for text in texts(live) if "whispers" in text] == []
    assert ferry.post(f"{PATH}/exports", json={"user": "maud"}).json() == {"conversations": []}


def test_an_event_that_the_platform_repeats_stays_erased(ferry: TestClient, live: Live) -> None:
    ferry.post(f"{PATH}/erasures", json={"user": "maud"})
    db = live.database()
    with db.writing() as connection:
        again = Incoming("ev-maud", "+31 6 1234", f"{CANARY} waits", user="maud")
        assert accept(connection, [Call(BOT, "ch_1", [again])]) == [Kept(0)]
        assert connection.execute(select(func.count()).where(inbox.c.reason == "erased")).scalar_one() == 1
    db.dispose()


def test_a_person_is_told_what_was_said_and_what_is_remembered(ferry: TestClient) -> None:
    told: list[dict[str, Any]] = ferry.post(f"{PATH}/exports", json={"user": "maud"}).json()["conversations"]
    assert [conversation["id"] for conversation in told] == [HERS, "maud"]
    assert told[0]["agent_messages"][0]["reply"] == {"text": CANARY}
    assert [message["text"] for message in told[1]["messages"]] == [f"{CANARY} sings"]


def test_what_is_sensitive_is_hidden_in_what_is_told(client: TestClient, live: Live) -> None:
    variables = {"pin": {"sensitive": True}, "lane": {"sensitive": False}}
    publish(client, None, release(None, variables=variables))
    say(client, "hello", "maud", "maud")
    db = live.database()
    with db.writing() as connection:
        state = '{"variables":{"pin":"1234","lane":2}}'
        connection.execute(conversations.update().values(state=state))
    db.dispose()
    told = client.post(f"{PATH}/exports", json={"user": "maud"})
    assert told.json()["conversations"][0]["variables"] == {"pin": "•••", "lane": 2}
    assert "1234" not in told.text


def test_the_feed_home_knows_whose_a_message_is(ferry: TestClient) -> None:
    say(ferry, "without a name", "maud")
    items = ferry.get(f"{PATH}/messages").json()["items"]
    assert [item["user"] for item in items] == ["maud", "bert", "maud"]


def test_only_the_publisher_may_ask(ferry: TestClient) -> None:
    made = {"name": "desk", "scopes": ["live:read", "live:edit", "live:classify"]}
    ferry.headers["Authorization"] = f"Bearer {ferry.post('/v1/keys', json=made).json()['key']}"
    for path in ("exports", "erasures"):
        assert code(ferry.post(f"{PATH}/{path}", json={"user": "maud"})) == (403, "forbidden")
