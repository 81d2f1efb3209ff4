"""Whatever is acknowledged is answered, once and in order, while live and its database are killed at random.

GREENROOM_DELIVERIES says how many deliveries there are, of a fifth as many messages: repeated at once, repeated late,
out of order; GREENROOM_KILLS how often live dies meanwhile, and every other time PostgreSQL too. The checker reads the
database and what the platform took, and shares no code with live but what opens sealed words.
"""

import asyncio
import hashlib
import os
import random
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import Select, select

from services.live_api.tables import inbox, messages, outbox
from tests import postgres
from tests.live_api.harbour import PROOF, Accepted, Harbour, telegram, update
from tests.live_api.theatre import Live, wait_for

DELIVERIES = int(os.environ.get("GREENROOM_DELIVERIES", "10000"))
KILLS = int(os.environ.get("GREENROOM_KILLS", "10"))
PER_MESSAGE, PER_CHAT = 5, 10
POINTS = ("live.webhook.before_commit", "live.webhook.after_commit", "live.message.before_commit")
POINTS += ("live.message.after_commit", "live.outbox.accepted")


@dataclass
class Campaign:
    harbour: Harbour
    channel: str
    server: postgres.Server | None = None
    acked: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    kills: list[float] = field(default_factory=list)
    database_kills: int = 0
    sent: int = 0
    over: bool = False

    async def run(self) -> None:
        chats = max(1, DELIVERIES // PER_MESSAGE // PER_CHAT)
        limits = httpx.Limits(max_connections=24)
        async with httpx.AsyncClient(base_url=self.harbour.url, headers=PROOF, timeout=10, limits=limits) as platform:
            killing = asyncio.create_task(asyncio.to_thread(self._kill_now_and_then))
            room = asyncio.Semaphore(16)
            await asyncio.gather(*(self._chat(platform, chat, room) for chat in range(1, chats + 1)))
            self.over = True
            await killing

    async def _chat(self, platform: httpx.AsyncClient, chat: int, room: asyncio.Semaphore) -> None:
        """A message follows when the one before was acknowledged; what was said before is repeated in between."""
        async with room:
            for place in range(PER_CHAT):
                number = chat * 1000 + place
                again = [number, number, *(chat * 1000 + random.randint(0, place) for _ in range(2))]
                await asyncio.gather(self._surely(platform, number), *(self._once(platform, one) for one in again))
                self.acked[chat].append(number)

    async def _surely(self, platform: httpx.AsyncClient, number: int) -> None:
        """As a platform does: until it is answered 200."""
        while not await self._once(platform, number):
            await asyncio.sleep(0.5)

    async def _once(self, platform: httpx.AsyncClient, number: int) -> bool:
        self.sent += 1
        await asyncio.sleep(random.random() * 0.02)
        try:
            body = update(number, number // 1000, f"word {number}")
            answer = await platform.post(f"/v1/channels/{self.channel}/webhook", content=body)
        except httpx.TransportError:
            return False
        assert answer.status_code in {200, 503}, answer.text
        return answer.status_code == 200

    def _kill_now_and_then(self) -> None:
        for planned in range(KILLS):
            due = random.uniform(0.8, 1.2) * DELIVERIES * (planned + 1) / (KILLS + 1)
            while self.sent < due and not self.over and not self.harbour.dead:
                time.sleep(0.02)
            if self.server is not None and planned % 2:
                self.server.kill()
                time.sleep(random.random())
                self.server.start()
                self.database_kills += 1
            self.harbour.kill()
            self.kills.append(time.monotonic())
            # Every other time it dies where it hurts most.
            point = f"{random.choice(POINTS)}:{random.randint(1, 40)}:kill" if random.random() < 0.5 else None
            self.harbour.start(None if self.over or planned == KILLS - 1 else point)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest) -> Iterator[postgres.Server | None]:
    if request.param == "sqlite":
        yield None
        return
    try:
        with postgres.own_server() as own:
            yield own
    except postgres.UnavailableError as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


@pytest.fixture
def harbour(server: postgres.Server | None, tmp_path: Path) -> Iterator[Harbour]:
    url = server.url if server else f"sqlite:///{tmp_path / 'live.db'}"
    opened = Harbour(tmp_path, url, environ={"GREENROOM_LIVE_LEASE_SECONDS": "1"})
    opened.start()
    yield opened
    opened.kill()
    opened.client.close()


@pytest.mark.processes
def test_what_is_acknowledged_is_answered_once_and_in_order_whoever_is_killed(
    harbour: Harbour, server: postgres.Server | None
) -> None:
    with telegram(trouble=0.02) as platform:
        campaign = Campaign(harbour, harbour.open_echo(platform), server)
        asyncio.run(campaign.run())
        if harbour.dead:
            harbour.start()
        wait_for(
            lambda: rows(harbour, "inbox", "pending") == rows(harbour, "outbox", "pending") == 0, "all is done", 60
        )
        harbour.stop()
        expected = {number for numbers in campaign.acked.values() for number in numbers}
        check_database(harbour, expected)
        repeated = check_platform(platform.took, campaign, expected - parked(harbour))
        kills = f"{len(campaign.kills)} kills of live, {campaign.database_kills} of its database"
        print(f"\n{campaign.sent} deliveries of {len(expected)} messages, {kills}, {repeated} answers repeated")
        assert campaign.sent >= DELIVERIES


def check_database(harbour: Harbour, expected: set[int]) -> None:
    """Every event ended, each once; each message was taken through one turn, in the order of its conversation."""
    found = Counter(event for event, _ in ask(harbour, "SELECT event, status FROM inbox"))
    assert found == Counter({hashlib.sha256(str(number).encode()).hexdigest(): 1 for number in expected})
    statuses = {status for (status,) in ask(harbour, "SELECT DISTINCT status FROM inbox")}
    assert statuses <= {"answered", "parked"}
    heard = [int(text.split()[1]) for text in spoken(harbour, select(messages.c.text).order_by(messages.c.sequence))]
    assert sorted(heard) == sorted(expected - parked(harbour))
    for chat in {number // 1000 for number in expected}:
        mine = [number for number in heard if number // 1000 == chat]
        assert mine == sorted(mine)


def check_platform(took: list[Accepted], campaign: Campaign, answered: set[int]) -> int:
    """Every answer arrived, in order; one that arrived twice did so over a kill. How many did."""
    times: dict[int, list[float]] = defaultdict(list)
    for one in took:
        times[int(one.text.split()[2])].append(one.at)
    assert set(times) == answered
    for chat in {number // 1000 for number in answered}:
        firsts = [times[number][0] for number in sorted(answered) if number // 1000 == chat]
        assert firsts == sorted(firsts)
    for number, moments in times.items():
        for first, second in pairwise(moments):
            assert any(first <= kill + 0.1 and kill <= second for kill in campaign.kills), f"{number} came twice"
    return sum(len(moments) - 1 for moments in times.values())


def parked(harbour: Harbour) -> set[int]:
    """What live gave up on, and says so: its text stays."""
    found = [
        body
        for table in (inbox, outbox)
        for body in spoken(harbour, select(table.c.body).where(table.c.status == "parked"))
    ]
    return {int(body.partition("word ")[2].split('"')[0]) for body in found}


def rows(harbour: Harbour, table: str, status: str) -> int:
    ((count,),) = ask(harbour, f"SELECT count(*) FROM {table} WHERE status = '{status}'")
    return int(count)


def spoken(harbour: Harbour, query: Select[tuple[str]]) -> list[str]:
    db = Live.at(harbour.folder, harbour.database_url).database()
    with db.reading() as connection:
        found = list(connection.execute(query).scalars())
    db.dispose()
    return found


def ask(harbour: Harbour, query: str) -> list[tuple]:  # type: ignore[type-arg]
    if harbour.database_url.startswith("sqlite"):
        connection = sqlite3.connect(f"file:{harbour.database_url.removeprefix('sqlite:///')}?mode=ro", uri=True)
        found = connection.execute(query).fetchall()
        connection.close()
        return found
    with psycopg.connect(harbour.database_url.replace("+psycopg", "")) as connection:
        return connection.execute(query).fetchall()
