"""Asking for a publication and following it. What it does is in `publish`."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from services.publisher import audit, history, plan_records, plans, records
from services.publisher.answered import answered_before, remember_answer
from services.publisher.asking import Asked, PublicationRequest, judged, planned, refuse_second, take_up
from services.publisher.bridge import Bridge, BridgeParts, Executor, Planner
from services.publisher.finding import capitalised
from services.publisher.gather import read_situation, resolved
from services.publisher.plan_records import Plan
from services.publisher.prove import Comparison
from services.publisher.records import ENDED, Publication
from services.publisher.wish import Wish
from shared.contracts import ActiveRelease, Finding
from shared.errors import InvalidError, NotFoundError, PreconditionError
from shared.flows.references import Need
from shared.web.events import EventStream, event_stream
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.progress import eta_seconds
from shared.web.routing import Router

router = Router(tags=["publications"])


class Shown(BaseModel):
    id: str | None
    bot: str
    mode: str
    target: str
    flows: list[str] | None = None
    languages: list[str] | None = None
    to_release: int | None = None
    plan: str | None = None
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


@router.post(
    "/v1/bots/{bot}/publications", status_code=202, responses={200: {"model": Shown}, 412: {}}, summary="Publish a bot"
)
def publish(
    bot: str,
    body: PublicationRequest,
    bridge: Bridge,
    key: Executor,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Shown:
    """Refused at once, or taken up as a job that always ends. Nothing shows in live before it is complete."""
    bot_id, wish = bridge.bot_id(bot, key, planned=body.plan is not None), body.wish()
    bridge.target(wish.target)
    known = answered_before(bridge, bot_id, key, body, idempotency_key)
    if known is None:
        known = refuse_second(bridge, bot_id, wish.target, key, body, idempotency_key)
    if known is None:
        asked = _asked(bridge, bot_id, wish, body, key)
        answer = _nothing_to_do if asked.nothing_to_do else take_up
        known = answer(bridge, asked, key, idempotency_key)
    if not isinstance(known, str):
        response.status_code = 200
        return Shown.model_validate(known)
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


@router.get("/v1/publications/{publication}/events", response_class=EventStream)
def events(publication: str, request: Request, bridge: Bridge, key: Planner) -> EventStream:
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


def _asked(bridge: BridgeParts, bot_id: str, wish: Wish, body: PublicationRequest, key: Principal) -> Asked:
    """Judged now, or as the plan has frozen it. What is refused leaves a trace (A6)."""
    try:
        return _planned(bridge, bot_id, wish, body, key) if body.plan else _judged(bridge, bot_id, wish, body)
    except InvalidError as refusal:
        if refusal.code == "publication_refused":
            with bridge.db.writing() as connection:
                audit.publication_refused(connection, audit.Attempt(bot_id, body.said()), refusal, key)
        raise


def _judged(bridge: BridgeParts, bot_id: str, wish: Wish, body: PublicationRequest) -> Asked:
    draft = None if wish.mode == "rollback" else bridge.draft.snapshot(bot_id)
    situation = read_situation(bridge.db, bridge.target(wish.target).live, bridge.draft, bot_id, draft, wish)
    return judged(bot_id, resolved(wish, draft, situation.live), body, situation)


def _planned(bridge: BridgeParts, bot_id: str, wish: Wish, body: PublicationRequest, key: Principal) -> Asked:
    """Raises PreconditionError `plan_stale`, InvalidError `publication_refused`, `plan_mismatch`."""
    plan = plans.find(bridge, body.plan or "", key)
    with bridge.db.reading() as connection:
        agreed = plan_records.agrees(connection, plan, wish)
    if plan.bot_id != bot_id or not agreed or body.train:
        said = f"mode {plan.wish.mode!r}, target {plan.wish.target!r}"
        detail = f"Plan {plan.id} is for {said}, what it shows and no training: leave out what it says itself."
        raise InvalidError("plan_mismatch", detail)
    with ThreadPoolExecutor(1) as beside:
        env = beside.submit(_environment, bridge, plan)
        present = plans.look(bridge, plan)
    if plans.stale(plan, present.live):
        raise PreconditionError(
            "plan_stale", f"{capitalised(plan.wish.place)} has moved since this plan was made: make a new one."
        )
    with bridge.db.reading() as connection:
        candidate = records.thaw(connection, plan.candidate)[0] if plan.candidate else None
    return planned(plans.recounted(plan, present), candidate, body, present.live, env.result())


def _environment(bridge: BridgeParts, plan: Plan) -> Collection[Need] | None:
    """NLP uses nothing of it."""
    if plan.wish.mode == "nlp" or plan.candidate is None:
        return None
    return bridge.target(plan.wish.target).live.environment(plan.bot_id).available


def _nothing_to_do(
    bridge: BridgeParts, asked: Asked, key: Principal, idempotency_key: str | None
) -> str | dict[str, Any]:
    assert asked.live is not None
    answer = _as_it_is(bridge, asked, asked.live).model_dump(mode="json")
    try:
        with bridge.db.writing() as connection:
            told = remember_answer(connection, asked.bot_id, key, asked.body, idempotency_key, answer)
            if told is answer:
                history.agree(connection, asked.bot_id, asked.wish, asked.live, asked.body.notes)
            return told
    except IntegrityError:
        # This very request was answered a moment ago.
        known = answered_before(bridge, asked.bot_id, key, asked.body, idempotency_key)
        if known is None:
            raise
        return known


def _as_it_is(bridge: BridgeParts, asked: Asked, live: ActiveRelease) -> Shown:
    return Shown(
        id=None,
        bot=asked.bot_id,
        mode=asked.wish.mode,
        target=asked.wish.target,
        status="live",
        release=live.number,
        release_digest=live.digest,
        live_url=bridge.target(asked.wish.target).public_url,
        findings=list(asked.findings),
    )


def shown(found: Publication, bridge: BridgeParts) -> Shown:
    return Shown(
        id=found.id,
        bot=found.bot_id,
        **found.wish.model_dump(),
        plan=found.plan,
        status=found.status,
        step=found.step,
        percent=found.percent,
        eta_seconds=eta_seconds(found.status == "running", found.started_at, found.percent),
        release=found.release,
        release_digest=found.release_digest,
        live_url=bridge.target(found.wish.target).public_url,
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
