"""What follows a plan, after it was answered: its candidate is brought to the target, where it waits for its

publication, and live computes its impact (P15).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, or_, select, update

from services.publisher import plan_records, records
from services.publisher.bridge import TargetParts
from services.publisher.copying import copy_missing
from services.publisher.draft import Draft
from services.publisher.impact import Impact
from services.publisher.live import Live
from services.publisher.plan_records import Plan
from services.publisher.prove import drafts_proofs
from services.publisher.records import now
from services.publisher.tables import erasures, plans
from shared.contracts import Release
from shared.db import Database
from shared.errors import GreenroomError
from shared.jobs import AWAY

log = structlog.get_logger()

MESSAGES = 1000


@dataclass(frozen=True)
class Weighing:
    """The job; `run` is what the job port calls, with the id of a plan."""

    db: Database
    draft: Draft
    targets: Mapping[str, TargetParts]

    def run(self, plan: str) -> None:
        found, began = self._load(plan), now()
        if found is None or found.candidate is None or found.impact.status == "done":
            return
        impact = self._weighed(found)
        if found.impact.status != "pending":
            return
        with self.db.writing() as connection:
            erased = connection.execute(select(erasures.c.id).where(erasures.c.bot_id == found.bot_id, _since(began)))
            # What live told us may be of somebody who asked to be forgotten meanwhile (F5).
            _save(connection, plan, _without_examples(impact) if erased.first() else impact)

    def _weighed(self, plan: Plan) -> Impact:
        """What is wrong with the candidate is for its publication to tell."""
        try:
            return self._weigh(plan)
        except GreenroomError as error:
            return Impact(status="skipped", reason=error.code)
        except AWAY:
            raise
        except Exception as error:
            log.exception("impact_interrupted", plan=plan.id)
            return Impact(status="skipped", reason=type(error).__name__)

    def _weigh(self, plan: Plan) -> Impact:
        with self.db.reading() as connection:
            release, provenance = records.thaw(connection, plan.candidate or "")
        live = self.targets[plan.wish.target].live
        self._bring(live, plan, release, provenance)
        if plan.impact.status != "pending":
            return plan.impact
        found = live.impact(release, MESSAGES)
        if plan.base and found["release"] != plan.base.number:
            return Impact(status="skipped", reason="live_moved")
        return Impact(status="done", **found)

    def _bring(self, live: Live, plan: Plan, release: Release, provenance: dict[str, Any]) -> None:
        """A publication of the plan then finds done what takes longest."""
        if plan.wish.mode != "rollback":
            # Draft may be away: then its publication asks it again.
            with suppress(GreenroomError):
                drafts_proofs(self.draft, release)
        copy_missing(self.draft, live, release, None, lambda _share: None)
        live.stage(release, provenance)

    def _load(self, plan: str) -> Plan | None:
        with self.db.reading() as connection:
            return plan_records.find(connection, plan)


def forget_examples(connection: Connection, *which: ColumnElement[bool]) -> None:
    """What users said goes from the impacts of these plans; the counts stay."""
    for row in connection.execute(select(plans.c.id, plans.c.impact).where(*which)).all():
        impact = Impact.model_validate_json(row.impact)
        if impact.examples:
            _save(connection, row.id, _without_examples(impact))


def _since(moment: datetime) -> ColumnElement[bool]:
    return or_(erasures.c.status == "running", erasures.c.ended_at >= moment)


def _without_examples(impact: Impact) -> Impact:
    return impact.model_copy(update={"examples": []})


def _save(connection: Connection, plan: str, impact: Impact) -> None:
    connection.execute(update(plans).where(plans.c.id == plan).values(impact=impact.model_dump_json()))


def unfinished_impacts(connection: Connection) -> list[str]:
    """Those of the last plans that a stopped process left."""
    query = select(plans.c.id, plans.c.impact).order_by(plans.c.created_at.desc()).limit(200)
    return [row.id for row in connection.execute(query) if Impact.model_validate_json(row.impact).status == "pending"]
