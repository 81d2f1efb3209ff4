"""What live gave up on is seen, and has another chance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from services.live_api.retention import forget, forget_done
from services.live_api.tables import inbox, outbox
from tests.live_api.pier import Platform, deliver, fine, floor, on, open_channel, said, settled, states
from tests.live_api.test_sending import Failing
from tests.live_api.theatre import BOT, Live, Trained, code, publish, release, wait_for

PARKED = f"/v1/bots/{BOT}/parked"
ASK = "when is the next ferry", "how much is a ticket"


@pytest.fixture
def platform() -> Platform:
    return Platform(answer=Failing(403, 3))


@pytest.fixture
def client(live: Live, platform: Platform, trained: Trained) -> Iterator[TestClient]:
    with on(live, platform, pause_seconds=0.02).open() as opened:
        publish(opened, trained, release(trained))
        yield opened


@pytest.fixture
def refused(client: TestClient) -> str:
    """The channel whose platform refused three replies."""
    quay = open_channel(client)
    deliver(client, quay, *(said(n, ASK[n % 2], chat=n) for n in range(3)))
    settled(client)
    return quay


def test_what_was_refused_is_listed_page_by_page_with_the_reason(client: TestClient, refused: str) -> None:
    whole = client.get(PARKED).json()["items"]
    assert [item["what"] for item in whole] == ["reply"] * 3
    assert {item["text"] for item in whole} == {"Every hour.", "Four crowns."}
    assert all(item["reason"].startswith("403") and item["channel"] == refused for item in whole)
    first = client.get(PARKED, params={"limit": 2}).json()
    rest = client.get(PARKED, params={"limit": 2, "cursor": first["next"]}).json()
    assert (first["items"] + rest["items"], rest["next"]) == (whole, None)


def test_what_is_replayed_is_sent_once_and_parked_no_more(client: TestClient, refused: str, platform: Platform) -> None:
    ids = [item["id"] for item in client.get(PARKED).json()["items"]]
    assert client.post(f"{PARKED}/replay", json={"ids": [ids[0], "out_unknown", "in_x", "in_9"]}).json() == {
        "replayed": [ids[0]]
    }
    wait_for(lambda: len(platform.sent) == 1, "it is sent")
    again = client.post(f"{PARKED}/replay", json={"all": True}).json()
    assert sorted(again["replayed"]) == sorted(ids[1:])
    settled(client)
    assert len(platform.sent) == 3
    assert client.get(PARKED).json()["items"] == []
    trail = client.get("/v1/audit", params={"bot": BOT}).json()["items"]
    assert [row["action"] for row in trail[:2]] == ["parked_replayed"] * 2


def test_an_event_of_a_bot_that_was_not_published_yet_is_answered_when_it_is(
    client: TestClient, platform: Platform, trained: Trained
) -> None:
    platform.answer = fine
    ghost = release(trained, bot="bot_ghost", name="Ghost")
    quay = open_channel(client, bot="bot_ghost")
    deliver(client, quay, said(1, ASK[0]), bot="bot_ghost")
    settled(client)
    (item,) = client.get("/v1/bots/bot_ghost/parked").json()["items"]
    assert (item["what"], item["reason"], item["text"]) == ("event", "never_published", ASK[0])
    publish(client, trained, ghost)
    assert client.post("/v1/bots/bot_ghost/parked/replay", json={"ids": [item["id"]]}).json()["replayed"] == [
        item["id"]
    ]
    settled(client)
    assert platform.texts() == ["Every hour."]


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["out_1"], "all": True}, {"all": False}, {"ids": [""]}])
def test_a_replay_says_what_it_means(client: TestClient, body: dict[str, object]) -> None:
    assert code(client.post(f"{PARKED}/replay", json=body)) == (422, "invalid_request")


def test_what_waits_and_what_was_given_up_on_is_measured(client: TestClient, refused: str) -> None:
    wait_for(lambda: "greenroom_live_parked 3.0" in client.get("/metrics").text, "it is counted")
    for name in ("inbox_waiting 0.0", "outbox_waiting 0.0", "circuits_open 0.0", "send_retries 0.0"):
        assert f"greenroom_live_{name}" in client.get("/metrics").text


def test_what_people_said_goes_with_their_messages_and_the_hash_of_an_event_when_nobody_repeats_it(
    client: TestClient, refused: str
) -> None:
    deliver(client, "chn_ghost", said(7, "boo"), bot="bot_ghost")
    wait_for(lambda: "parked" in states(client)[0], "the ghost is not answered")
    db = floor(client).db
    forget(db, datetime.now(UTC) + timedelta(days=91))
    with db.reading() as connection:
        assert connection.execute(select(func.count()).select_from(outbox)).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(inbox)).scalar_one() == 4
        assert connection.execute(select(inbox.c.body)).scalars().all() == [None] * 4
    assert deliver(client, refused, said(1, "once more")) == 0
    assert forget_done(db, 8, datetime.now(UTC) + timedelta(days=7)) == 0
    assert forget_done(db, 8, datetime.now(UTC) + timedelta(days=9)) == 4
