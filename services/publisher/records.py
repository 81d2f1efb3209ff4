"""Rows of publications and releases, read and written as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from services.publisher.tables import documents, inbox_schedules, publications, releases
from shared.contracts import Finding, Release
from shared.db import utc

ENDED = {"live", "refused", "failed", "cancelled"}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Publication:
    """One row. `candidate` is the digest of the frozen document; None until a training that it waits for ends."""

    id: str
    bot_id: str
    mode: str
    languages: tuple[str, ...] | None
    train: bool
    notes: str | None
    author: str
    status: str
    step: str | None
    percent: float
    candidate: str | None
    base_digest: str | None
    release: int | None
    release_digest: str | None
    findings: tuple[dict[str, Any], ...]
    proof: dict[str, Any] | None
    draft_moved: bool
    error: dict[str, Any] | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.status in ENDED


_JSON = ("languages", "findings", "proof", "error")


def _publication(row: Any) -> Publication:
    fields = dict(row)
    for name in _JSON:
        fields[name] = orjson.loads(fields[name]) if fields[name] is not None else None
    fields["languages"] = tuple(fields["languages"]) if fields["languages"] is not None else None
    for name in ("created_at", "started_at", "ended_at"):
        fields[name] = utc(fields[name])
    return Publication(**fields)


def find(connection: Connection, publication: str) -> Publication | None:
    row = connection.execute(select(publications).where(publications.c.id == publication)).mappings().first()
    return _publication(row) if row else None


def running(connection: Connection, bot: str) -> Publication | None:
    query = select(publications).where(publications.c.bot_id == bot, publications.c.status.in_(("queued", "running")))
    row = connection.execute(query).mappings().first()
    return _publication(row) if row else None


def unfinished(connection: Connection) -> Sequence[str]:
    query = select(publications.c.id).where(publications.c.status.in_(("queued", "running")))
    return connection.execute(query).scalars().all()


def recent(connection: Connection, bot: str) -> list[Publication]:
    rows = connection.execute(select(publications).where(publications.c.bot_id == bot)).mappings()
    return [_publication(row) for row in rows]


def change(connection: Connection, publication: str, **values: Any) -> None:
    for name in _JSON:
        if name in values and values[name] is not None:
            values[name] = orjson.dumps(values[name]).decode()
    connection.execute(update(publications).where(publications.c.id == publication).values(**values))


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding.model_dump(mode="json") for finding in findings]


def freeze(connection: Connection, release: Release, provenance: dict[str, Any]) -> str:
    """Keeps the candidate under its digest, once."""
    digest = release.digest
    if not connection.execute(select(documents.c.digest).where(documents.c.digest == digest)).first():
        connection.execute(
            insert(documents).values(
                digest=digest,
                document=release.canonical().decode(),
                provenance=orjson.dumps(provenance).decode(),
            )
        )
    return digest


def thaw(connection: Connection, digest: str) -> tuple[Release, dict[str, Any]]:
    row = connection.execute(select(documents).where(documents.c.digest == digest)).mappings().one()
    return Release.model_validate_json(row["document"]), orjson.loads(row["provenance"])


def record_release(connection: Connection, values: dict[str, Any]) -> None:
    """Once per bot and number, however often it is told."""
    same = releases.c.bot_id == values["bot_id"], releases.c.number == values["number"]
    if not connection.execute(select(releases.c.number).where(*same)).first():
        connection.execute(insert(releases).values(**values))


def add_notes(connection: Connection, bot: str, number: int, notes: str) -> None:
    """P10: a publication that changes nothing still may have something to say."""
    here = releases.c.bot_id == bot, releases.c.number == number
    before = connection.execute(select(releases.c.notes).where(*here)).scalar()
    connection.execute(update(releases).where(*here).values(notes=f"{before}\n{notes}" if before else notes))


def release_rows(connection: Connection, bot: str) -> list[dict[str, Any]]:
    """Newest first."""
    query = select(releases).where(releases.c.bot_id == bot).order_by(releases.c.number.desc())
    rows = connection.execute(query).mappings()
    return [{**row, "activated_at": utc(row["activated_at"])} for row in rows]


def schedule_inbox(connection: Connection, bot: str, next_at: datetime) -> None:
    """Daily from the first publication on (F1); a schedule that somebody set stays."""
    if not connection.execute(select(inbox_schedules.c.bot_id).where(inbox_schedules.c.bot_id == bot)).first():
        connection.execute(
            insert(inbox_schedules).values(bot_id=bot, enabled=True, every_minutes=1440, next_at=next_at, after=0)
        )
