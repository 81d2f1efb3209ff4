"""How something that is to be sent becomes requests, and what their answers mean, wherever it goes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from services.live_api.channel import Delivery, Kind, Outcome, Outgoing, Rejected, Retry, Sent
from services.live_api.channel_book import ChannelBook
from services.live_api.outbox import Outbound
from shared.errors import NotFoundError
from shared.failpoints import reach
from shared.flows.conversation import Reply

log = structlog.get_logger()

_MOST_PARTS = 1000
_CROWDED_SECONDS = 0.1


@dataclass(frozen=True)
class Reached:
    """What a platform answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class UnreachableError(Exception):
    """No answer: refused, cut off, too late. Whether it arrived there nobody knows."""


class CrowdedError(Exception):
    """Too much is under way from here already: nothing was sent, and the other side has no part in it."""


class DeniedError(Exception):
    """Nothing may be sent to this address from here."""


Ask = Callable[[Outgoing], Awaitable[Reached]]
"""Makes one request. Raises UnreachableError, CrowdedError, DeniedError."""


class Route(Protocol):
    def render(self, out: Outbound) -> tuple[Outgoing, ...]:
        """The same requests at every call."""
        ...

    def authorise(self, outgoing: Outgoing, delivery: Delivery) -> Outgoing: ...

    def read_outcome(self, reached: Reached) -> Outcome: ...


FindRoute = Callable[[str, str], Awaitable[Route | str]]
"""The route for a bot and a target, or the reason why there is none."""

Progress = Callable[[Outbound], Awaitable[None]]


@dataclass(frozen=True)
class Carrier:
    find: FindRoute
    ask: Ask

    async def carry(self, out: Outbound, progress: Progress) -> tuple[Outbound, Outcome]:
        """Makes the requests that are left of it, `progress` being told between them. How far it got, and the outcome
        of the last. Raises nothing but what `progress` does.
        """
        try:
            route = await self.find(out.bot, out.target)
            requests = route.render(out) if not isinstance(route, str) else ()
        except Exception as error:
            log.error("rendering_failed", bot=out.bot, target=out.target, exc_info=error)
            return out, Rejected(f"failed: {type(error).__name__}")
        if isinstance(route, str):
            return out, Rejected(route)
        for part in range(out.parts, len(requests)):
            outcome = await self._request(route, requests[part], delivery(out, part))
            if not isinstance(outcome, Sent):
                return out, outcome
            out = replace(out, parts=part + 1)
            if out.parts < len(requests):
                await progress(out)
        return out, Sent()

    async def _request(self, route: Route, outgoing: Outgoing, told: Delivery) -> Outcome:
        try:
            outcome = route.read_outcome(await self._reach(route.authorise(outgoing, told)))
        except UnreachableError:
            return Retry()
        except DeniedError:
            return Rejected("egress_denied")
        except Exception as error:
            log.error("sending_failed", exc_info=error)
            return Rejected(f"failed: {type(error).__name__}")
        reach("live.outbox.accepted")
        return outcome

    async def _reach(self, outgoing: Outgoing) -> Reached:
        while True:
            try:
                return await self.ask(outgoing)
            except CrowdedError:
                await asyncio.sleep(_CROWDED_SECONDS)


def delivery(out: Outbound, part: int) -> Delivery:
    """What the platform may know a request by: the same over its retries, and growing within the conversation."""
    name = f"{out.id}-{part}" if part else out.id
    return Delivery(id=name, number=out.sequence * _MOST_PARTS + part, at=int(time.time()))


@dataclass(frozen=True)
class ChannelRoute:
    """`config` and `secrets` are those of the channel, opened."""

    kind: Kind
    config: Any
    secrets: Any

    def render(self, out: Outbound) -> tuple[Outgoing, ...]:
        return self.kind.render(Reply.model_validate(out.body), out.address, self.config)

    def authorise(self, outgoing: Outgoing, delivery: Delivery) -> Outgoing:
        return self.kind.authorise(outgoing, self.secrets, delivery)

    def read_outcome(self, reached: Reached) -> Outcome:
        return self.kind.read_outcome(reached.status, reached.headers, reached.body)


def routes_by(book: ChannelBook) -> FindRoute:
    async def find(bot: str, target: str) -> Route | str:
        try:
            channel = await book.find(target)
        except NotFoundError:
            return "channel_gone"
        if channel.bot != bot:
            return "channel_gone"
        secrets = channel.opened
        if not channel.enabled or secrets is None:
            return "channel_disabled" if secrets is not None else "channel_incomplete"
        return ChannelRoute(channel.speaks, channel.config, secrets)

    return find
