"""Plans (P14): what a publication would do, frozen, so that what is published is what was shown."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.publisher import audit, plan_records, records
from services.publisher.asking import WishRequest
from services.publisher.bridge import Approver, Bridge, BridgeParts, Planner
from services.publisher.compose import compose
from services.publisher.drift import DriftItem
from services.publisher.expressions import spelled_out
from services.publisher.finding import blockers
from services.publisher.gather import read_situation, resolved
from services.publisher.impact import Impact
from services.publisher.judging import judge
from services.publisher.plan_records import Approval, Plan, Pointer
from services.publisher.prove import gather_provenance
from shared.contracts import ActiveRelease, Finding, Snapshot
from shared.diff import Changes
from shared.errors import GreenroomError, NotFoundError
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(tags=["plans"])


class PlanRequest(WishRequest):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mode": "full"}]})


class Candidate(BaseModel):
    digest: str


class ShownPlan(BaseModel):
    """`publishable` is whether publishing it would be taken up now; `stale` that live has moved since;

    `draft_moved` that draft has, which a publication of the plan leaves out.
    """

    id: str
    bot: str
    mode: str
    target: str
    flows: list[str] | None
    languages: list[str] | None
    to_release: int | None
    publishable: bool
    stale: bool
    draft_moved: bool
    base: Pointer | None
    candidate: Candidate | None
    changes: Changes
    findings: list[Finding]
    drift: list[DriftItem]
    impact: Impact
    conversations_affected: int
    approvals_needed: int
    approvals: list[Approval]
    author: str
    created_at: datetime


@router.post("/v1/bots/{bot}/plans", status_code=201)
def make(bot: str, body: PlanRequest, bridge: Bridge, key: Planner) -> ShownPlan:
    """Changes nothing that anybody meets: the candidate is frozen, and can be published as it was shown.

    Afterwards it is brought to where it would be published, so that this takes a moment then, and what it would mean to
    those who wrote lately is computed: ask again while `impact` is pending.
    """
    wish, bot_id, target = body.wish(), bridge.bot_id(bot, key), bridge.target(body.target)
    draft = None if wish.mode == "rollback" else bridge.draft.snapshot(bot_id)
    situation = read_situation(bridge.db, target.live, bridge.draft, bot_id, draft, wish)
    wish = resolved(wish, draft, situation.live)
    verdict = judge(wish, situation)
    changes = spelled_out(bridge.draft, bot_id, situation.base, verdict, wish)
    candidate = verdict.candidate
    provenance = gather_provenance(bridge.draft, candidate, key.name, None) if candidate and draft else {}
    with bridge.db.writing() as connection:
        if candidate:
            records.freeze(connection, candidate, provenance)
        plan = plan_records.keep(connection, bot_id, wish, situation, verdict, changes, key)
        audit.plan_made(connection, plan, key)
        planned = plan_records.rollbacks_planned(connection, bot_id, wish.target)
    if wish.mode == "rollback" and candidate:
        target.live.keep(bot_id, planned)
    if candidate and not (situation.base and situation.base.digest == candidate.digest):
        bridge.jobs.start("impact", plan.id)
    return _shown(plan, changes, Present(situation.live, draft, situation.approvals))


@router.get("/v1/plans/{plan}")
def show(plan: str, bridge: Bridge, key: Planner) -> ShownPlan:
    found = find(bridge, plan, key)
    return _shown(found, _changes(bridge, found), look(bridge, found))


@router.get("/v1/bots/{bot}/plans")
def list_all(bot: str, bridge: Bridge, key: Planner, limit: Limit = 20, cursor: str | None = None) -> Page[ShownPlan]:
    """Newest first."""
    bot_id = bridge.bot_id(bot, key, planned=True)
    with bridge.db.reading() as connection:
        found = plan_records.of_bot(connection, bot_id)
    page = cut(found, limit, cursor, key=lambda plan: (plan.created_at.isoformat(), plan.id), newest_first=True)
    any_of = {(plan.wish.target, plan.wish.mode): plan for plan in page.items}
    present = {alike: look(bridge, plan) for alike, plan in any_of.items()}
    items = [_shown(plan, _changes(bridge, plan), present[plan.wish.target, plan.wish.mode]) for plan in page.items]
    return Page(items=items, next=page.next)


@router.post("/v1/plans/{plan}/approve", summary="Approve a plan")
def approve(plan: str, bridge: Bridge, key: Approver) -> ShownPlan:
    """By somebody other than its author, and counted once (P21)."""
    found = find(bridge, plan, key)
    with bridge.db.writing() as connection:
        plan_records.add_approval(connection, plan, key)
        audit.plan_approved(connection, found, key)
    return show(plan, bridge, key)


def find(bridge: BridgeParts, plan: str, key: Principal) -> Plan:
    with bridge.db.reading() as connection:
        found = plan_records.find(connection, plan)
    if found is None or (key.bot is not None and found.bot_id != key.bot):
        raise NotFoundError("not_found", f"There is no plan {plan!r}.")
    return found


@dataclass(frozen=True)
class Present:
    """What a plan is compared with to say whether it still holds. `approvals` are as many as were agreed upon."""

    live: ActiveRelease | None
    draft: Snapshot | None
    approvals: int


def look(bridge: BridgeParts, plan: Plan) -> Present:
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(_draft_now, bridge, plan)
        live = bridge.target(plan.wish.target).live.active(plan.bot_id)
    with bridge.db.reading() as connection:
        return Present(live, asked.result(), plan_records.approvals_agreed(connection, plan.bot_id))


def _draft_now(bridge: BridgeParts, plan: Plan) -> Snapshot | None:
    """Going back needs no draft (P18)."""
    try:
        return None if plan.wish.mode == "rollback" else bridge.draft.snapshot(plan.bot_id)
    except GreenroomError:
        # Draft is away, or the bot is gone from it: a plan can still be read.
        return None


def _changes(bridge: BridgeParts, plan: Plan) -> Changes:
    with bridge.db.reading() as connection:
        return plan_records.changes_of(connection, plan.id)


def stale(plan: Plan, live: ActiveRelease | None) -> bool:
    """Only live's moving makes a plan stale. A live that was restored may give a number a second time."""
    now, then = ((side.number, side.digest) if side else None for side in (live, plan.base))
    return now != then


def recounted(plan: Plan, present: Present) -> Plan:
    """Who asks for more approvals by now gets them."""
    base = present.live.release if present.live else None
    now = plan_records.approvals_needed(plan.wish, present.approvals, base, present.draft)
    return replace(plan, approvals_needed=max(plan.approvals_needed, now))


def draft_moved(plan: Plan, present: Present) -> bool:
    if plan.candidate is None or plan.wish.mode == "rollback" or present.draft is None or stale(plan, present.live):
        return False
    base = present.live.release if present.live else None
    now = compose(plan.wish, present.draft, base)
    return now is not None and now.digest != plan.candidate


def _shown(found: Plan, changes: Changes, present: Present) -> ShownPlan:
    plan = recounted(found, present)
    findings, is_stale = plan.all_findings(), stale(plan, present.live)
    return ShownPlan(
        id=plan.id,
        bot=plan.bot_id,
        **plan.wish.model_dump(),
        publishable=plan.candidate is not None and not is_stale and not blockers(findings),
        stale=is_stale,
        draft_moved=draft_moved(plan, present),
        base=plan.base,
        candidate=Candidate(digest=plan.candidate) if plan.candidate else None,
        changes=changes,
        findings=list(findings),
        drift=list(plan.drift),
        impact=plan.impact,
        conversations_affected=plan.conversations_affected,
        approvals_needed=plan.approvals_needed,
        approvals=list(plan.approvals),
        author=plan.author,
        created_at=plan.created_at,
    )
