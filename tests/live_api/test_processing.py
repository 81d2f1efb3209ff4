"""What was acknowledged is answered: once, in order, whatever goes wrong in between."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from services.live_api import talk
from services.live_api.channel import Ignored
from services.live_api.encoding import Encoding
from services.live_api.handover import pause
from services.live_api.inbox import Arrival, Call, accept
from services.live_api.memory import Remembered, Row, recall
from services.live_api.outbox import Draft, put
from services.live_api.processing import heard
from services.live_api.settling import Done, LeaseLostError, RaceLostError, settle
from services.live_api.tables import conversations, inbox, messages, outbox, releases
from shared.contracts import Classification
from shared.failpoints import armed
from shared.flows.engine import ConversationState, Reply, Turn
from tests.live_api.pier import Platform, deliver, floor, on, open_channel, said, settled, states
from tests.live_api.theatre import BOT, Live, Trained, code, publish, release, say, wait_for

AHOY, TIMES, PRICE = "Ahoy!", "Every hour.", "Four crowns."


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def quick(live: Live, platform: Platform) -> Live:
    return on(live, platform, pause_seconds=0.02, lease_seconds=0.5)


@pytest.fixture
def client(quick: Live, trained: Trained) -> Iterator[TestClient]:
    with quick.open() as opened:
        publish(opened, trained, release(trained))
        yield opened


@pytest.fixture
def quay(client: TestClient) -> str:
    return open_channel(client)


def test_what_a_platform_brings_is_answered_there_once(client: TestClient, quay: str, platform: Platform) -> None:
    for _ in range(2):
        deliver(client, quay, said(1, "when is the next ferry"), Ignored("2", "echo"), said(3, "how much is a ticket"))
    settled(client)
    assert platform.texts() == [TIMES, PRICE]
    assert states(client) == (["answered", "ignored", "answered"], ["sent", "sent"])
    history = client.get(f"/v1/bots/{BOT}/conversations/{quay}:1/messages").json()["items"]
    assert [item["text"] for item in history] == ["how much is a ticket", "when is the next ferry"]


def test_what_was_said_is_kept_in_one_place_once_it_is_answered(client: TestClient, quay: str) -> None:
    deliver(client, quay, said(1, "when is the next ferry"))
    settled(client)
    with floor(client).db.reading() as connection:
        came = connection.execute(select(inbox.c.conversation, inbox.c.body, inbox.c.owner)).one()
        went = connection.execute(select(outbox.c.address, outbox.c.body, outbox.c.owner)).one()
    assert tuple(came) == tuple(went) == (None, None, None)


def test_a_slow_conversation_keeps_its_order_and_delays_no_other(
    client: TestClient, quay: str, platform: Platform
) -> None:
    platform.slow = lambda outgoing: 0.3 if outgoing.json["chat_id"] == 1 else 0.0
    texts = ["when is the next ferry", "how much is a ticket", "when is the next ferry"]
    deliver(client, quay, *(said(n, text) for n, text in enumerate(texts)), said(9, "how much is a ticket", chat=2))
    settled(client)
    assert platform.texts(1) == [TIMES, PRICE, TIMES]
    assert platform.sent[0] == ("2", PRICE)


@pytest.fixture
def idle(quick: Live) -> Live:
    """It takes in what platforms bring, and gets no further."""
    return replace(quick, own=replace(quick.own, delivery=replace(quick.own.delivery, turns_at_once=0)))


def left_behind(idle: Live, trained: Trained, attempts: int) -> None:
    """Two events that were acknowledged by a process that died over the first, `attempts` times by now."""
    with idle.open() as dying:
        publish(dying, trained, release(trained))
        deliver(dying, open_channel(dying), said(1, "when is the next ferry"), said(2, "how much is a ticket"))
        with floor(dying).db.writing() as connection:
            first = select(inbox.c.sequence).order_by(inbox.c.sequence).limit(1).scalar_subquery()
            held = update(inbox).where(inbox.c.sequence == first)
            connection.execute(held.values(owner="live_that_died", attempts=attempts))


def test_what_a_dead_process_had_in_hand_is_answered_by_the_next(
    idle: Live, quick: Live, trained: Trained, platform: Platform
) -> None:
    left_behind(idle, trained, attempts=1)
    with quick.open() as client:
        settled(client)
        assert platform.texts() == [TIMES, PRICE]


def test_what_a_process_was_never_told_that_it_has_is_answered_after_a_while(
    client: TestClient, quay: str, platform: Platform
) -> None:
    """The database went away with the answer to a commit: once an event's, once a reply's."""
    parts = floor(client)
    with parts.db.writing() as connection:
        accept(connection, [Call(BOT, quay, [said(1, "when is the next ferry")], parts.process)])
        put(connection, [Draft(BOT, quay, f"{quay}:2", "2", {"text": "Mind the gap."})], parts.process)
    settled(client)
    assert (platform.texts(1), platform.texts(2)) == ([TIMES], ["Mind the gap."])


def test_a_message_that_takes_its_process_down_again_and_again_is_parked(
    idle: Live, quick: Live, trained: Trained, platform: Platform
) -> None:
    left_behind(idle, trained, attempts=4)
    with quick.open() as client:
        settled(client)
        assert platform.texts() == [PRICE]
        with floor(client).db.reading() as connection:
            found = connection.execute(select(inbox.c.status, inbox.c.reason).order_by(inbox.c.sequence))
            assert [tuple(row) for row in found] == [("parked", "ended_the_process"), ("answered", None)]


def test_of_many_messages_that_were_there_when_processes_ended_each_is_tried_by_itself_and_none_blamed(
    idle: Live, quick: Live, trained: Trained, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with idle.open() as dying:
        publish(dying, trained, release(trained))
        channel = open_channel(dying)
        deliver(dying, channel, *(said(n, "when is the next ferry", chat=n) for n in range(6)))
        with floor(dying).db.writing() as connection:
            connection.execute(update(inbox).values(owner="live_that_was_unplugged_twice", attempts=2))
    together, most, understand = 0, 0, Encoding.one

    async def watched(*given: Any) -> Any:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.1)
        found = await understand(*given)
        together -= 1
        return found

    monkeypatch.setattr(Encoding, "one", watched)
    with quick.open() as client:
        settled(client)
        assert most == 1
        assert states(client)[0] == ["answered"] * 6
        with floor(client).db.reading() as connection:
            assert set(connection.execute(select(inbox.c.attempts)).scalars()) == {3}


def test_what_waits_for_a_bot_that_cannot_be_served_holds_up_no_other_suspect(
    idle: Live, quick: Live, trained: Trained, platform: Platform
) -> None:
    with idle.open() as dying:
        publish(dying, trained, release(trained))
        publish(dying, None, release(None, bot="bot_tram", name="Tram"))
        channel, other = open_channel(dying), open_channel(dying, "bot_tram")
        deliver(dying, other, said(1, "boo"), bot="bot_tram")
        deliver(dying, channel, said(1, "when is the next ferry"))
        with floor(dying).db.writing() as connection:
            connection.execute(update(inbox).values(owner="live_that_was_unplugged_twice", attempts=2))
            connection.execute(update(releases).where(releases.c.bot_id == "bot_tram").values(document="{}"))
    with quick.open() as client:
        wait_for(lambda: platform.texts() == [TIMES], "the ferry company answers")
        assert states(client)[0] == ["pending", "answered"]


def test_a_turn_that_fails_is_tried_again_and_keeps_its_place(
    client: TestClient, quay: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENROOM_FAILPOINT", "live.message.before_commit:1:raise")
    armed.cache_clear()
    try:
        deliver(client, quay, said(1, "when is the next ferry"), said(2, "how much is a ticket"))
        settled(client)
    finally:
        monkeypatch.undo()
        armed.cache_clear()
    assert platform.texts() == [TIMES, PRICE]
    assert states(client)[0] == ["answered", "answered"]


def test_a_damaged_page_is_blamed_on_no_message(
    client: TestClient, quay: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn, real = iter(range(5)), talk.settle

    def settle(*given: Any) -> Any:
        if next(torn, None) is not None:
            raise DatabaseError("INSERT", None, Exception("database disk image is malformed"))
        return real(*given)

    monkeypatch.setattr(talk, "settle", settle)
    assert code(say(client, "when is the next ferry")) == (503, "store_unavailable")
    deliver(client, quay, said(1, "when is the next ferry"))
    settled(client)
    assert platform.texts() == [TIMES]


def test_what_a_bot_that_was_never_published_is_told_is_parked_with_the_reason(client: TestClient) -> None:
    deliver(client, "chn_ghost", said(1, "boo"), bot="bot_ghost")
    wait_for(lambda: states(client)[0] == ["parked"], "it is parked")
    with floor(client).db.reading() as connection:
        assert connection.execute(select(inbox.c.reason)).scalar_one() == "never_published"


def test_a_process_that_was_taken_for_dead_keeps_nothing_of_its_turn(client: TestClient, quay: str) -> None:
    serving = floor(client).roster.serving(BOT)
    arrival = Arrival(99, BOT, quay, f"{quay}:1", said(1, "ahoy"), "live_zombie", 1)
    found = Classification(text="ahoy", language="en", understood=False)
    turn = Turn(state=ConversationState(), replies=(Reply(text=AHOY),), block=None, trace=())
    row = Row("msg_1", heard(arrival), found, ({"text": AHOY},), None, 1, serving.pointer.activated_at)
    with pytest.raises(LeaseLostError), floor(client).db.writing() as connection:
        settle(connection, Done(serving.pointer, row, turn, Remembered(), arrival), "live_zombie")
    with floor(client).db.reading() as connection:
        assert [connection.execute(select(t)).all() for t in (conversations, messages, outbox)] == [[], [], []]


def test_a_turn_that_was_decided_before_a_person_took_over_keeps_nothing(client: TestClient, quay: str) -> None:
    deliver(client, quay, said(1, "when is the next ferry"))
    settled(client)
    serving, db = floor(client).roster.serving(BOT), floor(client).db
    arrival = Arrival(99, BOT, quay, f"{quay}:1", said(2, "ahoy"), "live_1", 1)
    found = Classification(text="ahoy", language="en", understood=False)
    with db.writing() as connection:
        before = recall(connection, heard(arrival))
        assert pause(connection, BOT, arrival.conversation)
    turn = Turn(state=before.state, replies=(Reply(text=AHOY),), block=None, trace=())
    row = Row("msg_2", heard(arrival), found, ({"text": AHOY},), None, 1, serving.pointer.activated_at)
    with pytest.raises(RaceLostError), db.writing() as connection:
        settle(connection, Done(serving.pointer, row, turn, before, arrival), "live_1")
    with db.reading() as connection:
        assert recall(connection, heard(arrival)) == replace(before, paused=True)


def test_the_rest_channel_answers_in_the_response_and_sends_nothing(client: TestClient, platform: Platform) -> None:
    assert say(client, "when is the next ferry").json()["replies"][0]["text"] == TIMES
    assert states(client) == ([], [])
    assert platform.asked == 0


@pytest.mark.postgres
def test_two_processes_answer_each_message_once_and_in_order(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, trained: Trained, platform: Platform
) -> None:
    live = on(Live.at(tmp_path_factory.mktemp("two"), postgres_url), platform)
    asks = ["when is the next ferry", "how much is a ticket", "?!"]
    with live.open() as first, live.open() as second:
        publish(first, trained, release(trained))
        quay = open_channel(first)
        wait_for(lambda: say(second, "?!", "warm-up").status_code == 200, "the other one follows")

        def chat(number: int) -> None:
            for turn in range(9):
                event = said(100 * number + turn, asks[turn % 3], chat=number)
                deliver((first, second)[(turn + number) % 2], quay, event)
                deliver((first, second)[(turn + number + 1) % 2], quay, event)

        with ThreadPoolExecutor(4) as crowd:
            list(crowd.map(chat, range(1, 9)))
        settled(first)
        for number in range(1, 9):
            assert platform.texts(number) == [TIMES, PRICE, "Pardon?"] * 3
        with floor(first).db.reading() as connection:
            assert (
                len(connection.execute(select(messages.c.id).where(messages.c.conversation != "warm-up")).all()) == 72
            )
