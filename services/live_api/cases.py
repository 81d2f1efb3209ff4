"""Regression cases on a candidate, before anybody meets it (P16). Nothing of them is kept here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from services.live_api.environments import environment_of
from services.live_api.floor import Floor, FloorParts, Releaser
from shared.brain import Brain
from shared.cases import Case, CaseResult
from shared.trial import run_case
from shared.web.keys import Principal
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}/releases/{digest}/cases", tags=["publishing"])


class CasesRequest(BaseModel):
    """By their names."""

    model_config = ConfigDict(extra="forbid")

    cases: Annotated[dict[str, Case], Field(max_length=100)]


class CaseResults(BaseModel):
    results: list[CaseResult]


@router.post("", openapi_extra={UPLOAD: True}, summary="Run regression cases on a release")
async def run(bot: str, digest: str, body: CasesRequest, floor: Floor, key: Releaser) -> CaseResults:
    """With the thresholds of the candidate and the values of this environment; nobody outside is called."""
    brain, env = await run_in_threadpool(_prepared, floor, bot, digest, key)
    now = datetime.now(UTC)
    # Case by case among the messages of people, who do not wait for the whole of it.
    found = await floor.encoding.each(lambda name: run_case(brain, name, body.cases[name], env, now), list(body.cases))
    return CaseResults(results=found)


def _prepared(floor: FloorParts, bot: str, digest: str, key: Principal) -> tuple[Brain, Mapping[str, Any]]:
    """Raises NotFoundError `release_not_staged`."""
    bot_id = floor.bot_id(bot, key)
    brain = floor.roster.brain(bot_id, digest)
    with floor.db.reading() as connection:
        return brain, environment_of(connection, bot_id).env
