"""Asking for a publication and following it. What it does is in `publish`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError
from starlette.responses import StreamingResponse

from services.publisher import records
from services.publisher.bridge import Bridge, BridgeParts, Executor, Planner, seen
from services.publisher.checks import blockers, check, needs_training, without_training
from services.publisher.compose import compose
from services.publisher.prove import Comparison, gather_provenance
from services.publisher.records import ENDED, Publication, now
from services.publisher.tables import idempotency, publications
from shared.contracts import ActiveRelease, Finding, Language, Release, Snapshot
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.ids import new_id
from shared.web.events import event_stream
from shared.web.idempotency import once, recall
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.progress import eta_seconds
from shared.web.routing import Router

router = Router(tags=["publications"])


class PublicationRequest(BaseModel):
    """`train: if_needed` trains first what is untrained, as part of the publication."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"mode": "full", "notes": "Friday's menu", "train": "if_needed"}]},
    )

    mode: Literal["full", "nlp"]
    notes: Annotated[str, Field(max_length=2000)] | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    train: Literal["if_needed"] | None = None
    accept: list[Literal["live_drift", "regression_failed"]] = []


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


@dataclass(frozen=True)
class Asked:
    """One request with the two documents that it is judged by."""

    bot_id: str
    body: PublicationRequest
    draft: Snapshot
    live: ActiveRelease | None

    @property
    def languages(self) -> tuple[str, ...] | None:
        return tuple(self.body.languages) if self.body.languages else None

    @property
    def base(self) -> Release | None:
        return self.live.release if self.live else None


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
    known = _known(bridge, bot_id, key, body, idempotency_key)
    if known is None:
        _refuse_second(bridge, bot_id)
        asked = Asked(bot_id, body, draft, bridge.live.active(bot_id))
        findings = check(body.mode, draft, asked.base, asked.languages)
        trains = body.train == "if_needed" and needs_training(findings)
        _refuse_blocked(without_training(findings) if trains else findings)
        candidate = None if trains else compose(body.mode, draft, asked.base, asked.languages)
        if candidate and asked.live and candidate.digest == asked.live.digest:
            response.status_code = 200
            return _nothing_to_do(bridge, asked, findings)
        known = _take_up(bridge, asked, candidate, findings, key, idempotency_key)
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


def _refuse_second(bridge: BridgeParts, bot_id: str) -> None:
    """P11: one at a time per bot; the second is told the first."""
    with bridge.db.reading() as connection:
        running = records.running(connection, bot_id)
    if running:
        detail = f"Publication {running.id} of this bot is {running.status}: wait for it, or cancel it."
        raise ConflictError("publication_running", detail, publication=running.id)


def _refuse_blocked(findings: Sequence[Finding]) -> None:
    blocking = blockers(findings)
    if blocking:
        detail = " ".join(finding.message for finding in blocking)
        raise InvalidError("publication_refused", detail, findings=records.as_json(findings))


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


def _known(
    bridge: BridgeParts, bot: str, key: Principal, body: PublicationRequest, idempotency_key: str | None
) -> str | None:
    """The publication that this very request started before, if it did."""
    with bridge.db.reading() as connection:
        found = recall(connection, idempotency, key, "publications", idempotency_key, _fingerprint(bot, body))
    return str(found) if found else None


def _take_up(
    bridge: BridgeParts,
    asked: Asked,
    candidate: Release | None,
    findings: Sequence[Finding],
    key: Principal,
    idempotency_key: str | None,
) -> str:
    """The candidate is frozen and the row written in one transaction: from here on the job ends by itself."""
    provenance = gather_provenance(bridge.draft, candidate, key.name, asked.body.notes) if candidate else {}
    try:
        with bridge.db.writing() as connection:
            if candidate:
                records.freeze(connection, candidate, provenance)
            started = once(
                connection,
                idempotency,
                key,
                "publications",
                idempotency_key,
                _fingerprint(asked.bot_id, asked.body),
                lambda: _insert(connection, asked, candidate, findings, key),
            )
    except IntegrityError:
        # Somebody was faster: with this very request, or with another publication of the bot.
        known = _known(bridge, asked.bot_id, key, asked.body, idempotency_key)
        if known is None:
            _refuse_second(bridge, asked.bot_id)
            raise
        return known
    return str(started)


def _insert(
    connection: Connection,
    asked: Asked,
    candidate: Release | None,
    findings: Sequence[Finding],
    key: Principal,
) -> str:
    publication = new_id("pub")
    connection.execute(
        insert(publications).values(
            id=publication,
            bot_id=asked.bot_id,
            mode=asked.body.mode,
            languages=orjson.dumps(asked.body.languages).decode() if asked.body.languages else None,
            train=asked.body.train is not None,
            notes=asked.body.notes,
            author=key.name,
            status="queued",
            percent=0.0,
            candidate=candidate.digest if candidate else None,
            base_digest=asked.live.digest if asked.live else None,
            findings=orjson.dumps(records.as_json(findings)).decode(),
            draft_moved=False,
            cancel_requested=False,
            created_at=now(),
        )
    )
    return publication


def _fingerprint(bot: str, body: PublicationRequest) -> list[Any]:
    return [bot, body.model_dump(mode="json")]


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
