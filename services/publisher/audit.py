"""What the publisher writes into its audit trail, each in the transaction of the change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.publisher.plan_records import Plan
from services.publisher.records import Publication
from services.publisher.tables import audit
from shared.audit import Entry, note
from shared.contracts import ActiveRelease
from shared.errors import InvalidError
from shared.web.keys import Principal


@dataclass(frozen=True)
class Attempt:
    """A request to publish: `asked` is its body; the digests are of what is live and of what would be."""

    bot: str
    asked: Mapping[str, Any]
    before: str | None = None
    after: str | None = None


def publication_asked(
    connection: Connection, attempt: Attempt, publication: str, overridden: Sequence[str], key: Principal
) -> None:
    """What the caller took upon itself by name is an entry of its own."""
    digests = attempt.before, attempt.after
    detail = {"publication": publication, **attempt.asked}
    note(connection, audit, Entry("publication_asked", key.name, attempt.bot, detail, *digests))
    if overridden:
        detail = {"publication": publication, "codes": list(overridden)}
        note(connection, audit, Entry("overridden", key.name, attempt.bot, detail, *digests))


def publication_overridden(connection: Connection, job: Publication, codes: Sequence[str]) -> None:
    """What was taken upon oneself by name, and turned out while the publication ran."""
    detail = {"publication": job.id, "codes": list(codes)}
    note(connection, audit, _by_job("overridden", job, detail, job.candidate))


def publication_refused(connection: Connection, attempt: Attempt, refusal: InvalidError, key: Principal) -> None:
    """At once, before there is a job."""
    codes = [finding["code"] for finding in refusal.extra["findings"] if finding["severity"] == "blocker"]
    note(connection, audit, Entry("publication_refused", key.name, attempt.bot, {**attempt.asked, "codes": codes}))


def publication_ended(connection: Connection, job: Publication, status: str, **values: Any) -> None:
    """`rolled_back` and `published` are what became live; the others are named by how they ended."""
    action = {"live": "rolled_back" if job.wish.mode == "rollback" else "published"}.get(
        status, f"publication_{status}"
    )
    codes = [finding["code"] for finding in values.get("findings") or [] if finding["severity"] == "blocker"]
    detail: dict[str, Any] = {"publication": job.id, "mode": job.wish.mode, "target": job.wish.target}
    optional = {
        "release": values.get("release"),
        "to_release": job.wish.to_release,
        "notes": job.notes,
        "error": values.get("error"),
        "codes": codes or None,
    }
    detail |= {name: value for name, value in optional.items() if value is not None}
    after = values.get("digest") or values.get("release_digest")
    note(connection, audit, _by_job(action, job, detail, after))


def _by_job(action: str, job: Publication, detail: Mapping[str, Any], after: str | None) -> Entry:
    return Entry(action, job.author, job.bot_id, detail, job.base_digest, after, job.request_id)


def publication_settled(connection: Connection, job: Publication, number: int, digest: str) -> None:
    """It had ended otherwise here, and live serves it."""
    detail = {"publication": job.id, "was": job.status, "error": job.error, "release": number}
    note(connection, audit, _by_job("publication_settled", job, detail, digest))


def live_restored(
    connection: Connection, bot: str, target: str, common: int, lost: Sequence[Mapping[str, Any]]
) -> None:
    """The target's log no longer has what it told before: it was restored from a backup, or replaced."""
    detail = {"target": target, "back_to": common, "lost": list(lost)}
    note(connection, audit, Entry("live_restored", target, bot, detail, request_id=None))


def live_edited(connection: Connection, bot: str, number: int, author: str, before: str | None, after: str) -> None:
    """As live's log tells it. The request was one to live, which has it in its own trail."""
    note(connection, audit, Entry("live_edited", author, bot, {"release": number}, before, after, request_id=None))


def unpublished(
    connection: Connection, bot: str, target: str, was: ActiveRelease, notes: str | None, key: Principal
) -> None:
    detail = {"target": target, "release": was.number, **({"notes": notes} if notes else {})}
    note(connection, audit, Entry("unpublished", key.name, bot, detail, before=was.digest))


def plan_made(connection: Connection, plan: Plan, key: Principal) -> None:
    detail = {"plan": plan.id, "mode": plan.wish.mode, "target": plan.wish.target}
    before = plan.base.digest if plan.base else None
    note(connection, audit, Entry("planned", key.name, plan.bot_id, detail, before, plan.candidate))


def plan_approved(connection: Connection, plan: Plan, key: Principal) -> None:
    note(connection, audit, Entry("plan_approved", key.name, plan.bot_id, {"plan": plan.id}, after=plan.candidate))


def restored(connection: Connection, bot: str, number: int, snapshot: str, digest: str, key: Principal) -> None:
    detail = {"release": number, "snapshot": snapshot}
    note(connection, audit, Entry("restored", key.name, bot, detail, after=digest))


def pulled(connection: Connection, bot: str, items: list[str], snapshot: str | None, key: Principal) -> None:
    note(connection, audit, Entry("pulled", key.name, bot, {"items": items, "snapshot": snapshot}))


def erasure_asked(connection: Connection, bot: str, erasure: str, key: Principal) -> None:
    """Without the name of the person: this trail is never erased."""
    note(connection, audit, Entry("erasure_asked", key.name, bot, {"erasure": erasure}))


def user_erased(connection: Connection, erasure: RowMapping, counts: Mapping[str, Any]) -> None:
    detail = {"erasure": erasure["id"], **counts}
    entry = Entry("user_erased", erasure["author"], erasure["bot_id"], detail, request_id=erasure["request_id"])
    note(connection, audit, entry)


def user_exported(connection: Connection, bot: str, key: Principal) -> None:
    note(connection, audit, Entry("user_exported", key.name, bot))
