"""Whether a publication is taken up: judged at once, frozen, and written down in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from services.publisher import records
from services.publisher.bridge import BridgeParts
from services.publisher.checks import blockers, check, needs_training, without_training
from services.publisher.compose import compose
from services.publisher.prove import gather_provenance
from services.publisher.records import now
from services.publisher.tables import idempotency, publications
from shared.contracts import ActiveRelease, Finding, Language, Release, Snapshot
from shared.errors import ConflictError, InvalidError
from shared.ids import new_id
from shared.web.idempotency import once, recall
from shared.web.keys import Principal


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


def judge(asked: Asked) -> tuple[Release | None, tuple[Finding, ...]]:
    """The candidate, None while a training is waited for, and all findings. Raises `publication_refused`."""
    findings = check(asked.body.mode, asked.draft, asked.base, asked.languages)
    trains = asked.body.train == "if_needed" and needs_training(findings)
    _refuse_blocked(without_training(findings) if trains else findings)
    if trains:
        return None, findings
    return compose(asked.body.mode, asked.draft, asked.base, asked.languages), findings


def known_before(
    bridge: BridgeParts, bot: str, key: Principal, body: PublicationRequest, idempotency_key: str | None
) -> str | None:
    """The publication that this very request started before, if it did."""
    with bridge.db.reading() as connection:
        found = recall(connection, idempotency, key, "publications", idempotency_key, _fingerprint(bot, body))
    return str(found) if found else None


def take_up(
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
        same = bridge, asked.bot_id, key, asked.body, idempotency_key
        known = known_before(*same) or refuse_second(*same)
        if known is None:
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


def refuse_second(
    bridge: BridgeParts, bot_id: str, key: Principal, body: PublicationRequest, idempotency_key: str | None
) -> str | None:
    """P11: one at a time per bot; the second is told the first. Unless this very request started it, a moment ago."""
    with bridge.db.reading() as connection:
        running = records.running(connection, bot_id)
    if running is None:
        return None
    known = known_before(bridge, bot_id, key, body, idempotency_key)
    if known is None:
        detail = f"Publication {running.id} of this bot is {running.status}: wait for it, or cancel it."
        raise ConflictError("publication_running", detail, publication=running.id)
    return known


def _refuse_blocked(findings: Sequence[Finding]) -> None:
    blocking = blockers(findings)
    if blocking:
        detail = " ".join(finding.message for finding in blocking)
        raise InvalidError("publication_refused", detail, findings=records.as_json(findings))
