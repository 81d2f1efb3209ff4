"""What platforms call: proven from the raw bytes, translated, on disk, then answered (M1, A5). Processed afterwards.

Once a request is proven its content never makes it fail: a platform would repeat it, and hold back what its users
say next. What makes no sense is kept as ignored, with the reason.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from fastapi import Request, Response
from prometheus_client import Counter
from starlette.types import Scope

from services.live_api.channel import Answer, Event, Ignored, RawRequest, Verdict
from services.live_api.channel_records import Channel
from services.live_api.floor import Floor, FloorParts
from shared.errors import BusyError, ForbiddenError, UnauthenticatedError
from shared.web.routing import BODY_LIMIT, Router

router = Router(prefix="/v1/channels/{channel}", tags=["channels"])

_MOST_BYTES = 4 << 20
# Slack waits for three seconds.
_PATIENCE_SECONDS = 2.5
_RETRY_SECONDS = 10
_REFUSALS = {
    Verdict.FORGED: "Nothing proves that this comes from the platform.",
    Verdict.STALE: "It was signed too long ago, or has no time that can be read.",
}


@router.get("/webhook", response_class=Response, responses={403: {}}, summary="Answer a platform that asks who we are")
async def prove(channel: str, request: Request, floor: Floor) -> Response:
    """Platforms that ask who we are, before they send anything, are given back their challenge.

    Scope: none.
    """
    found = await floor.channels.find(channel)
    asked = raw_request(request.scope, b"")
    answers = (found.speaks.handshake(asked, secrets) for secrets in found.proofs(datetime.now(UTC)))
    answer = next(filter(None, answers), None)
    if answer is None:
        raise ForbiddenError("webhook_token_mismatch", "This is not how the channel's platform introduces itself.")
    return _response(answer)


@router.post(
    "/webhook",
    response_class=Response,
    responses={401: {"description": "The platform did not sign this."}},
    openapi_extra={BODY_LIMIT: _MOST_BYTES},
    summary="Hear what a platform posts",
)
async def hear(channel: str, request: Request, floor: Floor) -> Response:
    """For the channel's platform alone, which proves itself by its signature. Answered when every event is on disk.

    Scope: none.
    """
    counted: Counter = request.app.state.webhooks
    return _response(await listen(floor, counted, channel, raw_request(request.scope, await request.body())))


async def listen(floor: FloorParts, counted: Counter, channel: str, asked: RawRequest) -> Answer:
    """As `hear`. Raises NotFoundError, UnauthenticatedError, BusyError."""
    found = await floor.channels.find(channel)
    moment = datetime.now(UTC)
    verdict, secrets = _verdict(found, asked, moment)
    if verdict is not Verdict.GENUINE:
        counted.labels(found.kind, verdict.value).inc()
        raise UnauthenticatedError(verdict.value, _REFUSALS[verdict])
    answer = found.speaks.handshake(asked, secrets)
    if answer is None:
        await _keep(floor, found, _events(found, asked))
        counted.labels(found.kind, "kept").inc()
        answer = found.speaks.acknowledge(asked)
    return answer


def _verdict(channel: Channel, asked: RawRequest, moment: datetime) -> tuple[Verdict, object]:
    """With the secrets that prove the request, when any do."""
    verdict = Verdict.FORGED
    for secrets in channel.proofs(moment):
        verdict = channel.speaks.verify(asked, secrets, moment.timestamp())
        if verdict is Verdict.GENUINE:
            return verdict, secrets
    return verdict, None


def _events(channel: Channel, asked: RawRequest) -> Sequence[Event]:
    events = channel.speaks.parse(asked, channel.config)
    if channel.enabled:
        return events
    return [Ignored(event.event_id, "channel_disabled") for event in events]


async def _keep(floor: FloorParts, channel: Channel, events: Sequence[Event]) -> None:
    """Raises BusyError when too much waits, or when the database is too slow for the platform to wait: it will ask

    again.
    """
    _refuse_beyond(floor.delivery.tending.backlog.events, floor.settings.delivery.waiting_events)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await floor.delivery.inbox.accept(channel.bot, channel.id, events)
    except TimeoutError:
        raise BusyError("store_unavailable", "The database is too slow just now.") from None


def _refuse_beyond(waiting: int, most: int) -> None:
    """Before anything is kept: what waits here too long is safer with the platform. It was counted a moment ago, so a

    little more than `most` may come to wait.
    """
    if waiting >= most:
        detail = "More messages are waiting than will be answered soon."
        raise BusyError("overloaded", detail, retry_after=_RETRY_SECONDS)


def raw_request(scope: Scope, body: bytes) -> RawRequest:
    return RawRequest(
        id=scope["greenroom.request_id"],
        method=scope["method"],
        query=scope["query_string"],
        headers=tuple(scope["headers"]),
        body=body,
    )


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), answer.media_type)
