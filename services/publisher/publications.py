"""Asking for a publication and following it. What it does is in `publish`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Request, Response
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from services.publisher import records
from services.publisher.asking import Asked, PublicationRequest, judge, known_before, refuse_second, take_up
from services.publisher.bridge import Bridge, BridgeParts, Executor, Planner, seen
from services.publisher.prove import Comparison
from services.publisher.records import ENDED, Publication
from shared.contracts import Finding
from shared.errors import NotFoundError
from shared.web.events import event_stream
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.progress import eta_seconds
from shared.web.routing import Router

router = Router(tags=["publications"])


class Shown(BaseModel):
    id: str | None
    bot: str
    mode: str
    status: str
    step: str | None = None
    percent: float = 100.0
    eta_seconds: float | None = None
    release: int | None = None
    release_digest: str | None = None
    live_url: str
    findings: list[Finding] = []
    draft_moved: bool = False
    proof: Comparison | None = None
    notes: str | None = None
    author: str | None = None
    error: dict[str, Any] | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@router.post("/v1/bots/{bot}/publications", status_code=202, responses={200: {"model": Shown}})
def publish(
    bot: str,
    body: PublicationRequest,
    bridge: Bridge,
    key: Executor,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Shown:
    """Refused at once, or taken up as a job that always ends. Nothing shows in live before it is complete."""
    draft = bridge.draft.snapshot(bot)
    bot_id = seen(draft.bot.id, bot, key)
    known = known_before(bridge, bot_id, key, body, idempotency_key)
    if known is None:
        known = refuse_second(bridge, bot_id, key, body, idempotency_key)
    if known is None:
        asked = Asked(bot_id, body, draft, bridge.live.active(bot_id))
        candidate, findings = judge(asked)
        if candidate and asked.live and candidate.digest == asked.live.digest:
            response.status_code = 200
            return _nothing_to_do(bridge, asked, findings)
        known = take_up(bridge, asked, candidate, findings, key, idempotency_key)
    bridge.jobs.start("publication", known)
    response.headers["Location"] = f"/v1/publications/{known}"
    return show(known, bridge, key)


@router.get("/v1/bots/{bot}/publications")
def list_all(bot: str, bridge: Bridge, key: Planner, limit: Limit = 100, cursor: str | None = None) -> Page[Shown]:
    bot_id = bridge.bot_id(bot, key)
    with bridge.db.reading() as connection:
        found = records.recent(connection, bot_id)
    items = [shown(publication, bridge) for publication in found]
    return cut(items, limit, cursor, key=lambda item: (str(item.created_at), str(item.id)), newest_first=True)


@router.get("/v1/publications/{publication}")
def show(publication: str, bridge: Bridge, key: Planner) -> Shown:
    return shown(_find(bridge, publication, key), bridge)


@router.get("/v1/publications/{publication}/events")
def events(publication: str, request: Request, bridge: Bridge, key: Planner) -> StreamingResponse:
    """Server-sent events: `progress` with the publication as it stands, until it has ended."""
    _find(bridge, publication, key)
    return event_stream(
        request,
        read=lambda: show(publication, bridge, key).model_dump(mode="json"),
        ended=lambda state: state["status"] in ENDED,
    )


@router.post("/v1/publications/{publication}/cancel")
def cancel(publication: str, bridge: Bridge, key: Executor) -> Shown:
    """Honoured before the switch; a publication that has ended, or switches just now, stays as it ends."""
    found = _find(bridge, publication, key)
    if not found.ended:
        with bridge.db.writing() as connection:
            records.change(connection, found.id, cancel_requested=True)
    return shown(found, bridge)


def _find(bridge: BridgeParts, publication: str, key: Principal) -> Publication:
    with bridge.db.reading() as connection:
        found = records.find(connection, publication)
    if found is None or (key.bot is not None and found.bot_id != key.bot):
        raise NotFoundError("not_found", f"There is no publication {publication!r}.")
    return found


def _nothing_to_do(bridge: BridgeParts, asked: Asked, findings: Sequence[Finding]) -> Shown:
    """P10: no new release; new notes go to the record of the one that there is."""
    assert asked.live is not None
    if asked.body.notes:
        with bridge.db.writing() as connection:
            records.add_notes(connection, asked.bot_id, asked.live.number, asked.body.notes)
    return Shown(
        id=None,
        bot=asked.bot_id,
        mode=asked.body.mode,
        status="live",
        release=asked.live.number,
        release_digest=asked.live.digest,
        live_url=bridge.live_url,
        findings=list(findings),
    )


def shown(found: Publication, bridge: BridgeParts) -> Shown:
    return Shown(
        id=found.id,
        bot=found.bot_id,
        mode=found.mode,
        status=found.status,
        step=found.step,
        percent=found.percent,
        eta_seconds=eta_seconds(found.status == "running", found.started_at, found.percent),
        release=found.release,
        release_digest=found.release_digest,
        live_url=bridge.live_url,
        findings=[Finding.model_validate(finding) for finding in found.findings],
        draft_moved=found.draft_moved,
        proof=Comparison.model_validate(found.proof) if found.proof else None,
        notes=found.notes,
        author=found.author,
        error=found.error,
        created_at=found.created_at,
        started_at=found.started_at,
        ended_at=found.ended_at,
    )
