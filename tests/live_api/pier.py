"""A messaging platform for the ferry company, played by the test: what it is sent, it remembers and answers as told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from services.live_api.channel import Event, Incoming, Outgoing
from services.live_api.floor import FloorParts
from services.live_api.routes import Reached
from services.live_api.tables import inbox, outbox
from tests.live_api.theatre import BOT, Live, wait_for

Answering = Callable[[Outgoing], Reached]


def fine(_outgoing: Outgoing) -> Reached:
    return Reached(200, {}, b'{"ok": true}')


@dataclass
class Platform:
    """`answer` may raise."""

    answer: Answering = fine
    slow: Callable[[Outgoing], float] = lambda _outgoing: 0.0
    sent: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0

    async def ask(self, outgoing: Outgoing) -> Reached:
        self.asked += 1
        await asyncio.sleep(self.slow(outgoing))
        reached = self.answer(outgoing)
        if reached.status == 200:
            self.sent.append((str(outgoing.json["chat_id"]), outgoing.json["text"]))
        return reached

    def texts(self, chat: int = 1) -> list[str]:
        return [text for to, text in self.sent if to == str(chat)]


def on(live: Live, platform: Platform, **bounds: Any) -> Live:
    own = replace(live.own, tend_seconds=0.1, delivery=replace(live.own.delivery, **bounds))
    return replace(live, own=own, ask=platform.ask)


def floor(client: TestClient) -> FloorParts:
    found: FloorParts = client.app.app.state.floor  # type: ignore[attr-defined]
    return found


def open_channel(client: TestClient, bot: str = BOT) -> str:
    """Its id. The events are brought by `deliver`, without the platform's own clothes."""
    body = {"kind": "telegram", "name": "Quay", "config": {}, "secrets": {"bot_token": "1:token", "secret_token": "s3"}}
    made = client.post(f"/v1/bots/{bot}/channels", json=body)
    assert made.status_code == 201, made.text
    channel: str = made.json()["id"]
    return channel


def deliver(client: TestClient, channel: str, *events: Event, bot: str = BOT) -> int:
    """As the platform's webhook does."""
    assert client.portal is not None
    return client.portal.call(floor(client).delivery.inbox.accept, bot, channel, events)


def said(number: int, text: str, chat: int = 1) -> Incoming:
    return Incoming(event_id=str(number), conversation=str(chat), text=text, user=f"user {chat}")


def states(client: TestClient) -> tuple[list[str], list[str]]:
    """The states of what came in and of what is to go out."""
    with floor(client).db.reading() as connection:
        found = [connection.execute(select(t.c.status).order_by(t.c.sequence)).scalars().all() for t in (inbox, outbox)]
    return list(found[0]), list(found[1])


def settled(client: TestClient) -> None:
    wait_for(lambda: not any("pending" in found for found in states(client)), "everything is dealt with")
