"""Replies reach the platform in order and once, again while that may help, and never on and on."""

import asyncio
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from services.live_api.channel import Outgoing
from services.live_api.circuit import Circuit, waiting
from services.live_api.outbox import Draft, put
from services.live_api.routes import DeniedError, Reached, UnreachableError
from services.live_api.tables import outbox
from tests.live_api.pier import Platform, deliver, fine, floor, on, open_channel, said, settled, states
from tests.live_api.theatre import BOT, Live, Trained, publish, release, wait_for

TIMES, PRICE = "Every hour.", "Four crowns."
ASK = "when is the next ferry", "how much is a ticket"


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory, platform: Platform, trained: Trained) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("quay")
    live = on(
        Live.at(folder, f"sqlite:///{folder / 'live.db'}"),
        platform,
        pause_seconds=0.02,
        sends_at_once_per_bot=3,
        send_attempts=8,
    )
    with live.open() as opened:
        publish(opened, trained, release(trained))
        yield opened


@pytest.fixture
def quay(client: TestClient) -> str:
    return open_channel(client)


def reasons(client: TestClient) -> list[str]:
    with floor(client).db.reading() as connection:
        found = connection.execute(select(outbox.c.reason).where(outbox.c.status == "parked"))
        return [reason for (reason,) in found]


class Failing:
    """Answers `status` for the first so many requests that `concerns` picks, and well afterwards."""

    def __init__(self, status: int, times: int, chat: int | None = None) -> None:
        self.status, self.left, self.chat = status, times, chat

    def __call__(self, outgoing: Outgoing) -> Reached:
        if self.left and self.chat in (None, outgoing.json["chat_id"]):
            self.left -= 1
            return Reached(self.status, {}, b"{}")
        return fine(outgoing)


def test_what_fails_is_sent_again_and_what_comes_after_it_waits(
    client: TestClient, quay: str, platform: Platform
) -> None:
    platform.answer = Failing(500, 3)
    deliver(client, quay, said(1, ASK[0]), said(2, ASK[1]))
    settled(client)
    assert platform.texts() == [TIMES, PRICE]
    assert platform.asked == 5


def test_a_refusal_for_good_parks_the_reply_with_the_reason_and_nothing_else(
    client: TestClient, quay: str, platform: Platform
) -> None:
    platform.answer = Failing(403, 1)
    deliver(client, quay, said(1, ASK[0]), said(2, ASK[1]))
    settled(client)
    assert states(client)[1] == ["parked", "sent"]
    assert platform.texts() == [PRICE]
    assert reasons(client)[0].startswith("403")


def test_a_reply_that_nobody_takes_is_parked_in_the_end_and_holds_up_no_other(
    client: TestClient, quay: str, platform: Platform
) -> None:
    platform.answer = Failing(500, 1000, chat=1)
    deliver(client, quay, said(1, ASK[0]), *(said(n, ASK[1], chat=2) for n in range(2, 8)))
    settled(client)
    assert reasons(client) == ["unreachable"]
    assert platform.sent == [("2", PRICE)] * 6


def test_an_address_that_nothing_may_be_sent_to_is_not_tried_again(
    client: TestClient, quay: str, platform: Platform
) -> None:
    def denied(_outgoing: Outgoing) -> Reached:
        raise DeniedError

    platform.answer = denied
    deliver(client, quay, said(1, ASK[0]))
    settled(client)
    assert (platform.asked, reasons(client)) == (1, ["egress_denied"])


def test_a_channel_that_is_gone_is_said_to_be_gone(client: TestClient, quay: str) -> None:
    with floor(client).db.writing() as connection:
        put(connection, [Draft(BOT, "chn_sunk", "chn_sunk:1", "1", {"text": "Ahoy!"})], None)
    floor(client).delivery.sending.crew._woken.set()
    settled(client)
    assert reasons(client) == ["channel_gone"]


def test_a_platform_that_is_down_is_left_alone_and_found_again(
    client: TestClient, quay: str, platform: Platform
) -> None:
    down = True

    def answer(outgoing: Outgoing) -> Reached:
        if down:
            raise UnreachableError
        return fine(outgoing)

    platform.answer = answer
    sending = floor(client).delivery.sending
    object.__setattr__(sending._bounds, "pause_seconds", 0.3)
    deliver(client, quay, *(said(n, ASK[0], chat=n) for n in range(1, 31)))
    wait_for(lambda: quay in sending.circuits and sending.circuits[quay].failures >= 6, "it was tried again")
    assert platform.asked < 12
    down = False
    settled(client)
    assert sorted(platform.sent) == sorted((str(n), TIMES) for n in range(1, 31))
    assert sending.circuits == {}


def test_a_bot_has_only_so_many_requests_out_at_once(client: TestClient, quay: str, platform: Platform) -> None:
    out, most = 0, 0
    ask = platform.ask

    async def counted(outgoing: Outgoing) -> Reached:
        nonlocal out, most
        out += 1
        most = max(most, out)
        await asyncio.sleep(0.02)
        out -= 1
        return await ask(outgoing)

    object.__setattr__(floor(client).delivery.sending._carrier, "ask", counted)
    deliver(client, quay, *(said(n, ASK[0], chat=n) for n in range(1, 21)))
    settled(client)
    assert len(platform.sent) == 20
    assert most == 3


def test_a_part_that_the_platform_has_is_not_sent_again(client: TestClient, quay: str, platform: Platform) -> None:
    whole = "x" * 4096 + "y" * 10
    refused = False

    def answer(outgoing: Outgoing) -> Reached:
        nonlocal refused
        if outgoing.json["text"].startswith("y") and not refused:
            refused = True
            return Reached(502, {}, b"")
        return fine(outgoing)

    platform.answer = answer
    with floor(client).db.writing() as connection:
        put(connection, [Draft(BOT, quay, f"{quay}:1", "1", {"text": whole})], None)
    settled(client)
    assert [text[0] for text in platform.texts()] == ["x", "y"]
    assert refused


def test_a_pause_grows_and_is_never_shorter_than_what_is_asked_for() -> None:
    assert [waiting(n, 0.0, None) for n in (1, 2, 3, 20)] == [0.5, 1.0, 2.0, 30.0]
    assert waiting(1, 0.999, None) < 1.0
    assert waiting(1, 0.5, 17.0) == 17.0
    assert waiting(1, 0.5, 1e9) == 3600.0


def test_a_circuit_opens_after_a_row_of_failures_and_lets_one_through_when_its_time_is_up() -> None:
    circuit = Circuit()
    for _ in range(4):
        circuit = circuit.failed(now=100.0, draw=0.0)
    assert not circuit.is_open(100.0)
    circuit = circuit.failed(now=100.0, draw=0.0, after=7.0)
    assert circuit.is_open(106.9)
    assert not circuit.is_open(107.0)
    assert circuit.is_probing(107.0)
    assert circuit.failed(now=107.0, draw=0.0).is_open(107.9)
