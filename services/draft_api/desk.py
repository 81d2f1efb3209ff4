"""What every route of draft is given: the desk with its parts, and the key that was shown."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from services.draft_api.nlp_status import NlpCache
from services.draft_api.readings import Readings
from services.draft_api.rehearsal import Rehearsal
from services.draft_api.trainers import Trainers
from services.draft_api.vectors import RecentVectors
from shared.artifacts import Artifacts
from shared.db import Database
from shared.egress import Egress
from shared.jobs import Jobs
from shared.secrets import Secrets
from shared.web.keys import Principal
from shared.web.routing import requires


@dataclass(frozen=True)
class DeskParts:
    """`default_profile` is what a new bot gets: `fast` where no encoder is installed."""

    db: Database
    artifacts: Artifacts
    jobs: Jobs
    rehearsal: Rehearsal
    trainers: Trainers
    default_profile: str
    secrets: Secrets
    egress: Egress
    nlp: NlpCache = field(default_factory=NlpCache)
    readings: Readings = field(default_factory=Readings)
    vectors: RecentVectors = field(default_factory=RecentVectors)


def _desk(request: Request) -> DeskParts:
    parts: DeskParts = request.app.state.desk
    return parts


Desk = Annotated[DeskParts, Depends(_desk)]
Reader = Annotated[Principal, requires("draft:read")]
Writer = Annotated[Principal, requires("draft:write")]
