"""From an event that was acknowledged to its answer: claimed, taken through one turn, settled, whoever dies (M2).

A message that takes its process down, fails or takes too long is tried again a few times and then parked, where
people see it and may have it tried again (M7). Others do not wait for it, but for those of its own conversation.

Of all that a process had in hand when it ended, one message is at fault, or none: somebody pulled the plug. So what
was there at several ends is tried on, one at a time, before it is blamed.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import structlog
from sqlalchemy import Connection

from services.live_api import inbox
from services.live_api.attempts import Again, Park, after_trouble
from services.live_api.crew import Crew
from services.live_api.group_commit import GroupCommit
from services.live_api.inbox import Arrival, Kept
from services.live_api.memory import Heard
from services.live_api.roster import Roster
from services.live_api.settings import DeliveryBounds
from services.live_api.settling import LeaseLostError
from services.live_api.talk import Talk

log = structlog.get_logger()


class Processing:
    def __init__(self, group: GroupCommit, roster: Roster, talk: Talk, process: str, bounds: DeliveryBounds) -> None:
        self._group, self._roster, self._talk, self._process, self._bounds = group, roster, talk, process, bounds
        self.crew: Crew[Arrival] = Crew("processing", self._claim, self._work, _bot_of, bounds.turns_at_once)
        self._coming: Counter[str] = Counter()
        self._resting: set[int] = set()

    # -- what comes in -----------------------------------------------------------

    @contextmanager
    def expecting(self, bot: str, events: int) -> Iterator[str | None]:
        """In whose name that many events may be kept that are to be taken up at once; None without room for them."""
        crowded = self.crew.busy[bot] + self._coming[bot] + events > self._bounds.turns_at_once_per_bot
        if crowded or self._coming.total() + events > self.crew.room:
            yield None
            return
        self._coming[bot] += events
        try:
            yield self._process
        finally:
            self._coming[bot] -= events

    def take(self, kept: Kept) -> None:
        """What was just kept. What was not taken with that is found by looking."""
        for arrival in kept.taken:
            self.crew.begin(arrival)
        if kept.unheard > len(kept.taken):
            self.crew.wake()

    def in_hand(self) -> set[int]:
        return {arrival.sequence for arrival in self.crew.in_hand}

    async def _claim(self, room: int) -> tuple[list[Arrival], bool]:
        crowded = [bot for bot, busy in self.crew.busy.items() if busy >= self._bounds.turns_at_once_per_bot]
        suspect, one = self._bounds.suspect_attempts, not self._is_suspect_tried()

        def claim(connection: Connection) -> tuple[list[Arrival], bool]:
            rows = inbox.LANES.claim_warily(connection, self._process, room, suspect, one, bot_id=crowded)
            return inbox.arrivals(rows), inbox.LANES.idle(connection)

        return await self._group.write(claim)

    def _is_suspect_tried(self) -> bool:
        suspects = (one for one in self.crew.in_hand if one.attempts > self._bounds.suspect_attempts)
        return any(one.sequence not in self._resting for one in suspects)

    # -- what comes of it --------------------------------------------------------

    async def _work(self, arrival: Arrival) -> None:
        try:
            await self._see_through(arrival)
        except asyncio.CancelledError:
            await self._group.write(lambda connection: inbox.give_back(connection, arrival))
            raise

    async def _see_through(self, arrival: Arrival) -> None:
        attempts = arrival.attempts
        if attempts > self._bounds.turn_attempts + 1:
            await self._park(arrival, "ended_the_process")
            return
        while (error := await self._attempt(arrival)) is not None:
            most, base = self._bounds.turn_attempts, self._bounds.pause_seconds
            step = after_trouble(error, attempts, most, random.random(), base)
            log.warning("turn_failed", bot=arrival.bot, error=type(error).__name__, attempts=attempts)
            if isinstance(step, Park):
                await self._park(arrival, step.reason)
                return
            await self._rest(arrival, step.seconds)
            attempts = await self._counted(arrival, attempts, step)
            arrival = replace(arrival, before=None)

    async def _rest(self, arrival: Arrival, seconds: float) -> None:
        self._resting.add(arrival.sequence)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._resting.discard(arrival.sequence)

    async def _attempt(self, arrival: Arrival) -> Exception | None:
        """What went wrong, if anything did."""
        try:
            serving = self._roster.serving(arrival.bot)
            async with asyncio.timeout(self._bounds.turn_seconds):
                await self._talk.turn(serving, heard(arrival), arrival)
        except LeaseLostError:
            log.warning("lease_lost", bot=arrival.bot)
        except Exception as error:
            return error
        return None

    async def _counted(self, arrival: Arrival, attempts: int, step: Again) -> int:
        """On disk before the next one begins: it may be the one that takes the process down."""
        if not step.counted:
            return attempts
        await self._group.surely(partial(inbox.tried, arrival=arrival, attempts=attempts + 1))
        return attempts + 1

    async def _park(self, arrival: Arrival, reason: str) -> None:
        log.error("message_parked", bot=arrival.bot, channel=arrival.channel, reason=reason)
        await self._group.surely(partial(inbox.park, arrival=arrival, reason=reason))


def heard(arrival: Arrival) -> Heard:
    event = arrival.event
    return Heard(
        bot=arrival.bot,
        conversation=arrival.conversation,
        text=event.text,
        user=event.user,
        language=None,
        key=None,
        payload=event.payload,
        told=event.language,
        hint=event.hint,
    )


def _bot_of(arrival: Arrival) -> str:
    return arrival.bot
