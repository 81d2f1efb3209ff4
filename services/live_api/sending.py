"""From the outbox to the platforms: in order per conversation, again while that may help, never on and on (M9).

A platform may get a request twice in one case alone: it had accepted it, and this process died, or was not answered
in time, before that was on disk (M4). What is sent anew carries the same delivery id.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from services.live_api import outbox
from services.live_api.channel import Outcome, Rejected, Retry
from services.live_api.circuit import Circuit, waiting
from services.live_api.crew import Crew
from services.live_api.group_commit import GroupCommit
from services.live_api.outbox import Outbound
from services.live_api.routes import Carrier
from services.live_api.settings import DeliveryBounds

log = structlog.get_logger()

_CLOSED = Circuit()
Parcel = tuple[Outbound, ...]
"""Of one conversation and target, to be sent one after another."""


class Sending:
    def __init__(self, group: GroupCommit, carrier: Carrier, process: str, bounds: DeliveryBounds) -> None:
        self._group, self._carrier, self._process, self._bounds = group, carrier, process, bounds
        self.crew: Crew[Parcel] = Crew("sending", self._claim, self._work, _bot_of, bounds.sends_at_once)
        self.circuits: dict[str, Circuit] = {}
        self.retries = 0
        self._in_hand: Counter[str] = Counter()
        self._doors: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @property
    def left_alone(self) -> int:
        """How many targets are."""
        return sum(map(self._is_open, self.circuits))

    # -- what comes in -----------------------------------------------------------

    def owner_for(self, bot: str, target: str) -> str | None:
        """In whose name something may be kept that is to be sent at once; None when there is no room for that."""
        crowded = not self.crew.room or self.crew.busy[bot] >= self._bounds.sends_at_once_per_bot
        return None if crowded or self._circuit(target).failures else self._process

    def take(self, ready: Sequence[Outbound]) -> None:
        """What was just kept for one conversation. What nobody could take is found by looking."""
        if ready:
            self.crew.begin(tuple(ready))
        else:
            self.crew.wake()

    def in_hand(self) -> set[int]:
        return {out.sequence for parcel in self.crew.in_hand for out in parcel}

    async def _claim(self, room: int) -> tuple[list[Parcel], bool]:
        now = time.monotonic()
        open_ = set(filter(self._is_open, self.circuits))
        probing = {target for target, circuit in self.circuits.items() if circuit.is_probing(now)}
        crowded = [bot for bot, busy in self.crew.busy.items() if busy >= self._bounds.sends_at_once_per_bot]
        single = [target for target in probing if not self._in_hand[target]]

        def claim(connection: Connection) -> tuple[list[Outbound], bool]:
            found = outbox.claim(connection, self._process, room, crowded, open_ | probing)
            probes = (outbox.claim_probe(connection, self._process, target) for target in single)
            return [*found, *(out for probe in probes for out in probe)], outbox.LANES.idle(connection)

        outs, more = await self._group.write(claim)
        return [(out,) for out in outs], more

    # -- what goes out -----------------------------------------------------------

    async def _work(self, parcel: Parcel) -> None:
        target, left = parcel[0].target, list(parcel)
        self._in_hand[target] += 1
        try:
            while left:
                later = await self._deliver(left[0])
                if later is not None:
                    left[0] = later
                    break
                left.pop(0)
        finally:
            self._in_hand[target] -= 1
            if left:
                await self._group.surely(partial(outbox.give_back, outs=left, owner=self._process))

    async def _deliver(self, out: Outbound) -> Outbound | None:
        """None once it is dealt with; else what is left for later."""
        since = time.monotonic()
        while True:
            if time.monotonic() - since >= self._bounds.lease_seconds and not await self._renewed(out):
                return None
            async with self._door(out.bot):
                if self._is_open(out.target):
                    return out
                out, outcome = await self._carrier.carry(out, self._part)
            self._learn(out.target, outcome)
            if not isinstance(outcome, Retry):
                await self._finish(out, outcome)
                return None
            self.retries += 1
            if out.attempts >= self._bounds.send_attempts:
                await self._finish(out, Rejected("unreachable"))
                return None
            out = replace(out, attempts=out.attempts + 1)
            if not self._is_open(out.target):
                await asyncio.sleep(self._pause(out.attempts - 1, outcome))
                since = -self._bounds.lease_seconds

    def _door(self, bot: str) -> asyncio.Semaphore:
        return self._doors.setdefault(bot, asyncio.Semaphore(self._bounds.sends_at_once_per_bot))

    async def _renewed(self, out: Outbound) -> bool:
        """Whether it is still ours, after so long: another process may have taken it."""
        return await self._group.surely(partial(outbox.tried, out=out, owner=self._process, attempts=out.attempts))

    async def _part(self, out: Outbound) -> None:
        await self._group.surely(partial(outbox.accepted, out=out, owner=self._process, parts=out.parts, whole=False))

    async def _finish(self, out: Outbound, outcome: Outcome) -> None:
        if isinstance(outcome, Rejected):
            log.error("reply_parked", bot=out.bot, target=out.target, reason=outcome.reason)
            await self._group.surely(partial(outbox.park, out=out, owner=self._process, reason=outcome.reason))
        else:
            done = partial(outbox.accepted, out=out, owner=self._process, parts=out.parts, whole=True)
            await self._group.surely(done)

    # -- what is learnt ----------------------------------------------------------

    def _pause(self, attempts: int, outcome: Retry) -> float:
        return waiting(attempts, random.random(), outcome.after, self._bounds.pause_seconds)

    def _is_open(self, target: str) -> bool:
        return self._circuit(target).is_open(time.monotonic())

    def _circuit(self, target: str) -> Circuit:
        return self.circuits.get(target, _CLOSED)

    def _learn(self, target: str, outcome: Outcome) -> None:
        """A refusal is an answer, too: the target is there."""
        if isinstance(outcome, Retry):
            now, draw, base = time.monotonic(), random.random(), self._bounds.pause_seconds
            self.circuits[target] = self._circuit(target).failed(now, draw, outcome.after, base)
        elif target in self.circuits:
            del self.circuits[target]
            self.crew.wake()


def _bot_of(parcel: Parcel) -> str:
    return parcel[0].bot
