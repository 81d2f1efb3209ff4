"""Rows of plans, read and written as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, insert, select, update

from services.publisher import records
from services.publisher.compose import ids_of
from services.publisher.drift import DriftItem
from services.publisher.finding import blocker
from services.publisher.impact import Impact, begun
from services.publisher.judging import Situation, Verdict
from services.publisher.records import now, wish_columns, wish_of
from services.publisher.tables import plans, releases
from services.publisher.wish import Wish
from shared.contracts import Finding, Release, Snapshot
from shared.db import utc
from shared.diff import Changes
from shared.document import Value
from shared.errors import ForbiddenError
from shared.ids import new_id
from shared.web.keys import Principal

_REMEMBERED_ROLLBACKS = 20


class Pointer(Value):
    number: int
    digest: str


class Approval(Value):
    author: str
    author_id: str
    at: datetime


@dataclass(frozen=True)
class Plan:
    """`candidate` is the digest of the frozen document, None where there is nothing that could be published.

    Its changes, which may be megabytes, are read by `changes_of` where they are shown.
    """

    id: str
    bot_id: str
    wish: Wish
    base: Pointer | None
    candidate: str | None
    findings: tuple[Finding, ...]
    drift: tuple[DriftItem, ...]
    conversations_affected: int
    approvals_needed: int
    approvals: tuple[Approval, ...]
    impact: Impact
    author: str
    author_id: str
    created_at: datetime

    def all_findings(self) -> tuple[Finding, ...]:
        """With the approvals that are missing as of now."""
        return (*self.findings, *approval_missing(self.approvals_needed, len(self.approvals)))


def approval_missing(needed: int, given: int) -> tuple[Finding, ...]:
    """P21."""
    if given >= needed:
        return ()
    wanted = "one approval of a plan by somebody else" if needed == 1 else f"{needed} approvals of a plan by others"
    message = f"This bot wants {wanted} than its author; there are {given}."
    return (blocker("approval_missing", message, [{"kind": "approvals", "needed": needed, "given": given}]),)


def approvals_needed(wish: Wish, agreed: int, *sides: Snapshot | Release | None) -> int:
    """As live, draft or what was `agreed` says, whichever wants most: nobody asks for fewer without the others.

    Going back needs nobody's leave.
    """
    if wish.mode == "rollback" or wish.target != "live":
        return 0
    return max((agreed, *(side.settings.approvals for side in sides if side is not None)))


def approvals_agreed(connection: Connection, bot_id: str) -> int:
    """As the last publication to live had it: going back, or taking the bot off, does not do away with it."""
    here = releases.c.bot_id == bot_id, releases.c.target == "live", releases.c.origin == "publication"
    query = select(releases.c.digest).where(*here).order_by(releases.c.number.desc()).limit(1)
    digest = connection.execute(query).scalar()
    release = records.release_kept(connection, digest) if digest else None
    return release.settings.approvals if release else 0


def keep(
    connection: Connection,
    bot_id: str,
    wish: Wish,
    situation: Situation,
    verdict: Verdict,
    changes: Changes,
    key: Principal,
) -> Plan:
    plan = new_id("plan")
    connection.execute(
        insert(plans).values(
            id=plan,
            bot_id=bot_id,
            **wish_columns(wish),
            base_number=situation.live.number if situation.live else None,
            base_digest=situation.live.digest if situation.live else None,
            candidate=verdict.candidate.digest if verdict.candidate else None,
            changes=changes.model_dump_json(),
            findings=orjson.dumps(records.as_json(verdict.findings)).decode(),
            drift=orjson.dumps([item.model_dump() for item in verdict.drift]).decode(),
            conversations_affected=verdict.conversations,
            approvals_needed=approvals_needed(wish, situation.approvals, situation.base, situation.draft),
            author=key.name,
            author_id=key.id,
            approvals="[]",
            impact=begun(situation.base, verdict.candidate).model_dump_json(),
            created_at=now(),
        )
    )
    (found,) = read(connection, plans.c.id == plan)
    return found


def read(connection: Connection, *where: Any) -> list[Plan]:
    return [_plan(row) for row in connection.execute(select(*_HEAD).where(*where)).mappings()]


def changes_of(connection: Connection, plan: str) -> Changes:
    text = connection.execute(select(plans.c.changes).where(plans.c.id == plan)).scalar_one()
    return Changes.model_validate_json(text)


def bot_planned(connection: Connection, bot: str) -> str | None:
    """Its id again, if there is a plan for it."""
    return connection.execute(select(plans.c.bot_id).where(plans.c.bot_id == bot).limit(1)).scalar()


def of_bot(connection: Connection, bot_id: str) -> list[Plan]:
    return read(connection, plans.c.bot_id == bot_id)


def find(connection: Connection, plan: str) -> Plan | None:
    return next(iter(read(connection, plans.c.id == plan)), None)


def agrees(connection: Connection, plan: Plan, asked: Wish) -> bool:
    """Whether `asked` says nothing else than the plan, whose flows may be named as they were when it was made."""
    return plan.wish.agrees_with(_by_ids(connection, plan, asked))


def _by_ids(connection: Connection, plan: Plan, asked: Wish) -> Wish:
    if asked.flows is None or plan.wish.flows is None:
        return asked
    frozen = records.release_kept(connection, plan.candidate) if plan.candidate else None
    if frozen is None:
        # Nothing of it can be published, by whichever names: let that be what is said.
        return asked.model_copy(update={"flows": None})
    base = records.release_kept(connection, plan.base.digest) if plan.base else None
    chosen = {flow: frozen.flows[flow] for flow in plan.wish.flows if flow in frozen.flows}
    ids = ids_of(asked.flows, chosen, {**(base.flows if base else {}), **frozen.flows})
    return asked.model_copy(update={"flows": tuple(ids)})


def add_approval(connection: Connection, plan: str, key: Principal) -> None:
    """Once a person. Raises ForbiddenError `own_plan`."""
    query = select(*_HEAD).where(plans.c.id == plan).with_for_update()
    found = _plan(connection.execute(query).mappings().one())
    if key.name == found.author or key.id == found.author_id:
        raise ForbiddenError("own_plan", "A plan is approved by somebody other than its author.")
    if key.name in {approval.author for approval in found.approvals}:
        return
    approvals = (*found.approvals, Approval(author=key.name, author_id=key.id, at=now()))
    text = orjson.dumps([approval.model_dump(mode="json") for approval in approvals]).decode()
    connection.execute(update(plans).where(plans.c.id == plan).values(approvals=text))


def rollbacks_planned(connection: Connection, bot_id: str, target: str) -> Sequence[str]:
    """The releases that the last plans would go back to: live must not sweep them (P19)."""
    here = (
        plans.c.bot_id == bot_id,
        plans.c.target == target,
        plans.c.mode == "rollback",
        plans.c.candidate.is_not(None),
    )
    query = select(plans.c.candidate).where(*here).order_by(plans.c.created_at.desc()).limit(_REMEMBERED_ROLLBACKS)
    return sorted(set(connection.execute(query).scalars()))


_HEAD = [column for column in plans.c if column is not plans.c.changes]
_JSON = ("findings", "drift", "approvals")


def _plan(row: RowMapping) -> Plan:
    lists = {name: orjson.loads(row[name]) for name in _JSON}
    plain = ("id", "bot_id", "candidate", "conversations_affected", "approvals_needed", "author", "author_id")
    base = None
    if row["base_number"] is not None:
        base = Pointer(number=row["base_number"], digest=row["base_digest"])
    return Plan(
        **{name: row[name] for name in plain},
        wish=wish_of(row),
        base=base,
        findings=tuple(Finding.model_validate(found) for found in lists["findings"]),
        drift=tuple(DriftItem.model_validate(item) for item in lists["drift"]),
        approvals=tuple(Approval.model_validate(approval) for approval in lists["approvals"]),
        impact=Impact.model_validate_json(row["impact"]),
        created_at=utc(row["created_at"]),
    )
