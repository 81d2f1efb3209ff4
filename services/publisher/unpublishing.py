"""Taking a bot off: nobody is answered by it any more, and everything that it was stays where it is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.publisher import audit, history, records
from services.publisher.bridge import Bridge, BridgeParts, Executor
from services.publisher.wish import Target
from shared.errors import ConflictError, NotFoundError, PreconditionError
from shared.web.routing import Router

router = Router(tags=["releases"])


class UnpublishRequest(BaseModel):
    """`release` is the number that is meant to go: with another one live, nothing is taken off."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"notes": "the season is over"}]})

    target: Target = "live"
    release: Annotated[int, Field(ge=1)] | None = None
    notes: Annotated[str, Field(max_length=2000)] | None = None


class Unpublished(BaseModel):
    """What was served until now; publish in full to serve the bot again, under the next number."""

    bot: str
    target: str
    release: int
    release_digest: str


@router.post("/v1/bots/{bot}/unpublish", responses={412: {}}, summary="Unpublish a bot")
def unpublish(bot: str, bridge: Bridge, key: Executor, body: UnpublishRequest | None = None) -> Unpublished:
    """Live answers `never_published` from then on. Releases, conversations and environment values stay.

    404 `never_published` when nothing is live, 412 `live_moved` when something else is.
    """
    asked = body or UnpublishRequest()
    bot_id = bridge.bot_id(bot, key)
    target = bridge.target(asked.target)
    _refuse_while_running(bridge, bot_id, asked.target)
    served = target.live.active(bot_id)
    if served is None:
        raise NotFoundError("never_published", "Nothing of this bot is live.")
    if asked.release not in (None, served.number):
        current = {"number": served.number, "digest": served.digest}
        raise PreconditionError("live_moved", f"Release {served.number} is live.", current=current)
    history.catch_up(bridge.db, target.live, asked.target, bot_id)
    target.live.take_off(bot_id, served.digest)
    with bridge.db.writing() as connection:
        audit.unpublished(connection, bot_id, asked.target, served, asked.notes, key)
    return Unpublished(bot=bot_id, target=asked.target, release=served.number, release_digest=served.digest)


def _refuse_while_running(bridge: BridgeParts, bot_id: str, target: str) -> None:
    with bridge.db.reading() as connection:
        running = records.running(connection, bot_id, target)
    if running is not None:
        detail = f"Publication {running.id} of this bot is {running.status}: wait for it, or cancel it."
        raise ConflictError("publication_running", detail, publication=running.id)
