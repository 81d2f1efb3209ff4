"""One turn of a conversation: understand, decide, keep, answer. What is answered is on disk (M1, M6).

Turns of one conversation follow one another (M5): a lock orders those of this process, the conversation's
version those of several. A turn that lost the race is decided again on the newer state.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol
from weakref import WeakValueDictionary

from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.concurrency import run_in_threadpool

from services.live_api import memory
from services.live_api.encoding import Encoding
from services.live_api.group_commit import GroupCommit
from services.live_api.inbox import Arrival
from services.live_api.memory import Heard, Remembered, Row
from services.live_api.outbox import Outbound
from services.live_api.pace import Pace, Stride
from services.live_api.roster import Roster, Serving
from services.live_api.settling import Done, RaceLostError, settle
from services.live_api.staying import staying
from shared.brain import Said
from shared.contracts import Classification
from shared.db import Database
from shared.errors import BusyError
from shared.failpoints import reach
from shared.flows.conversation import taken_for
from shared.flows.effects import HttpCall, HttpOutcome, denied, drive_async
from shared.flows.engine import Turn, UserEvent
from shared.flows.masking import hidden_texts
from shared.ids import new_id
from shared.nlp.speaking import Signs

_RACES = 20
_AT_A_TIME = 8
_DEADLOCK = "40P01"


Call = Callable[[str, HttpCall], Awaitable[HttpOutcome]]
"""Makes a call for a bot, named by its id."""


async def refuse(_bot: str, call: HttpCall) -> HttpOutcome:
    return denied(call)


class Post(Protocol):
    """Whoever sends what is to be sent."""

    def owner_for(self, bot: str, target: str) -> str | None: ...

    def take(self, ready: Sequence[Outbound]) -> None: ...


@dataclass(frozen=True)
class Talk:
    db: Database
    roster: Roster
    encoding: Encoding
    group: GroupCommit
    post: Post
    call: Call = refuse
    _numbers: Iterator[int] = field(default_factory=count)
    _in_hand: dict[int, tuple[float, Heard]] = field(default_factory=dict[int, tuple[float, Heard]])
    _pace: Pace = field(default_factory=lambda: Pace(_AT_A_TIME))
    _locks: "WeakValueDictionary[tuple[str, str], asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    async def turn(self, serving: Serving, heard: Heard, arrival: Arrival | None = None) -> Row:
        """The message with its answer, as it is kept. A message heard before is answered as before (M3).

        With an `arrival` the answer is for its channel, and is posted. Raises InvalidError `idempotency_key_reused`,
        `unknown_language`; BusyError `overloaded`; LeaseLostError when the arrival is another process's by now.
        """
        if arrival is not None:
            return await self._turn(serving, heard, arrival)
        number = next(self._numbers)
        self._in_hand[number] = time.monotonic(), heard
        try:
            return await self._turn(serving, heard, None)
        finally:
            del self._in_hand[number]

    def answering(self, bot: str, user: str, theirs: Collection[str]) -> bool:
        """Whether a message of this person is in hand, or one in `theirs`, conversations, and no event of an inbox that
        says so. May be asked from any thread.
        """
        heard = [heard for _, heard in list(self._in_hand.values()) if heard.bot == bot]
        return any(one.user == user or one.conversation in theirs for one in heard)

    def busy(self) -> timedelta:
        """How long ago the message came that is in hand longest, but for events. May be asked from any thread."""
        now = time.monotonic()
        return timedelta(seconds=max((now - came for came, _ in list(self._in_hand.values())), default=0.0))

    async def _turn(self, serving: Serving, heard: Heard, arrival: Arrival | None) -> Row:
        async with self._alone(heard) as at_once, Stride(self._pace) as stride:
            known = arrival.before if arrival and at_once else None
            for _ in range(_RACES):
                before = await run_in_threadpool(self._recall, heard) if known is None else known
                try:
                    return await self._once(serving, heard, before, arrival, stride)
                except (RaceLostError, IntegrityError, OperationalError) as error:
                    if isinstance(error, OperationalError) and not _deadlocked(error):
                        raise
                    known = None
        raise BusyError("overloaded", "Too many messages of this conversation arrive at once.")

    @asynccontextmanager
    async def _alone(self, heard: Heard) -> AsyncIterator[bool]:
        """Whether nothing of the conversation went before."""
        lock = self._locks.setdefault((heard.bot, heard.conversation), asyncio.Lock())
        at_once = not lock.locked()
        async with lock:
            yield at_once

    async def _once(
        self, serving: Serving, heard: Heard, before: Remembered, arrival: Arrival | None, stride: Stride
    ) -> Row:
        if before.answered is not None:
            return before.answered
        serving = await self._not_older(serving, before)
        if before.release_digest not in (None, serving.pointer.digest):
            serving = await run_in_threadpool(staying, self.db, self.roster, serving, before)
        found = await self._understand(serving, heard, before)
        turn = await self._decide(serving, heard, before, found, stride)
        row = _row(serving, heard, found, turn)
        # Not broken off between the two: what is kept in our name, somebody here must have in hand.
        await asyncio.shield(self._settle(Done(serving.pointer, row, turn, before, arrival)))
        return row

    async def _settle(self, done: Done) -> None:
        arrival = done.arrival
        owner = self.post.owner_for(arrival.bot, arrival.channel) if arrival else None
        ready = await self.group.write(lambda connection: settle(connection, done, owner))
        reach("live.message.after_commit")
        if arrival or done.concerns_people:
            self.post.take(ready)

    def _recall(self, heard: Heard) -> Remembered:
        with self.db.reading() as connection:
            return memory.recall(connection, heard)

    async def _not_older(self, serving: Serving, before: Remembered) -> Serving:
        """A conversation never falls back to an older release because another process was quicker (R3)."""
        if before.release_number <= serving.pointer.number:
            return serving
        await run_in_threadpool(self.roster.follow)
        return self.roster.serving(serving.pointer.bot)

    async def _understand(self, serving: Serving, heard: Heard, before: Remembered) -> Classification:
        brain, state = serving.brain, before.state
        signs = Signs(heard.language, heard.told, state.language or heard.hint)
        silent = "handed_over" if before.paused else _off(serving)
        if silent is not None:
            language = brain.spoken(heard.text if heard.payload is None else "", signs)
            return Classification(text=heard.text, language=language, understood=False, reason=silent)
        said = Said(heard.text, datetime.now(UTC), heard.payload)
        return await self.encoding.one(lambda _: brain.understand(state, said, signs), heard.text)

    async def _decide(
        self, serving: Serving, heard: Heard, before: Remembered, found: Classification, stride: Stride
    ) -> Turn:
        if before.paused:
            hidden = hidden_texts(before.state.variables, serving.brain.dialogue.sensitive)
            return Turn(state=before.state, replies=(), block=None, trace=(), hidden=hidden)
        seed = f"{heard.bot}/{heard.conversation}/{before.version}"
        event = UserEvent(found, seed, datetime.now(UTC), heard.payload)
        asking = serving.brain.reply(before.state, event, serving.pointer.environment.env)

        async def call(asked: HttpCall) -> HttpOutcome:
            async with stride.aside():
                return await self.call(heard.bot, asked)

        turn = await drive_async(asking, call)
        # A bot that is switched off says so, and goes on where it was when it is switched on again.
        return turn if serving.pointer.environment.enabled else turn.model_copy(update={"state": before.state})


def _off(serving: Serving) -> str | None:
    return None if serving.pointer.environment.enabled else "bot_disabled"


def _row(serving: Serving, heard: Heard, found: Classification, turn: Turn) -> Row:
    return Row(
        id=new_id("msg"),
        heard=heard,
        found=taken_for(found, turn),
        replies=tuple(reply.model_dump(mode="json", exclude_none=True) for reply in turn.replies),
        block=turn.block,
        release=serving.pointer.number,
        received_at=datetime.now(UTC),
        hidden=turn.hidden,
    )


def _deadlocked(error: OperationalError) -> bool:
    """Two processes wrote the next messages of the same conversations in different orders; one of them lost."""
    return getattr(error.orig, "sqlstate", None) == _DEADLOCK
