"""Which documents the publisher still keeps (P19). What was live stays listed; only its content goes."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from services.publisher.tables import documents, plans, publications, releases
from services.publisher.weighing import forget_examples
from shared.db import utc

Served = tuple[int, str, datetime]
"""Number, digest, time of activation."""

KEPT_RELEASES, KEPT_DAYS, STALE_PLAN_DAYS = 50, 90, 30
EXAMPLES_KEPT = timedelta(days=1)


def kept(served: Iterable[Served], now: datetime) -> set[str]:
    """Digests of the last 50 releases and of those of 90 days, whichever is more."""
    newest = sorted(served, reverse=True)
    since = now - timedelta(days=KEPT_DAYS)
    return {digest for place, (_, digest, at) in enumerate(newest) if place < KEPT_RELEASES or at >= since}


def sweep(connection: Connection, now: datetime) -> int:
    """How many documents went. What is active is the newest of its target, so it is among the kept.

    What users said goes from yesterday's plans: nobody decides by it any more.
    """
    forget_examples(connection, plans.c.created_at < now - EXAMPLES_KEPT)
    wanted = _of_releases(connection, now) | _of_plans(connection, now) | _of_publications(connection)
    gone = set(connection.execute(select(documents.c.digest)).scalars()) - wanted
    for some in _in_parts(sorted(gone)):
        connection.execute(delete(documents).where(documents.c.digest.in_(some)))
    return len(gone)


def _of_releases(connection: Connection, now: datetime) -> set[str]:
    by_bot: dict[tuple[str, str], list[Served]] = {}
    for row in connection.execute(select(releases)).mappings():
        place = row["bot_id"], row["target"]
        by_bot.setdefault(place, []).append((row["number"], row["digest"], utc(row["activated_at"])))
    return {digest for numbers in by_bot.values() for digest in kept(numbers, now)}


def _of_plans(connection: Connection, now: datetime) -> set[str]:
    """Those that still hold, whatever their age, and those that went stale lately: nobody can publish a stale one."""
    newest = select(releases.c.bot_id, releases.c.target, func.max(releases.c.activated_at).label("at"))
    moved = newest.group_by(releases.c.bot_id, releases.c.target).subquery()
    here = (moved.c.bot_id == plans.c.bot_id) & (moved.c.target == plans.c.target)
    holds = moved.c.at.is_(None) | (plans.c.created_at >= moved.c.at)
    recent = plans.c.created_at >= now - timedelta(days=STALE_PLAN_DAYS)
    named = select(plans.c.candidate).outerjoin(moved, here).where(plans.c.candidate.is_not(None), holds | recent)
    return set(connection.execute(named).scalars())


def _of_publications(connection: Connection) -> set[str]:
    running = select(publications.c.candidate).where(publications.c.status.in_(("queued", "running")))
    return {digest for digest in connection.execute(running).scalars() if digest}


def _in_parts(digests: list[str], size: int = 500) -> Iterable[Collection[str]]:
    return (digests[start : start + size] for start in range(0, len(digests), size))
