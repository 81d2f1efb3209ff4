"""What the publisher wants kept beside what live keeps by itself: the candidates of its plans (P19)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, insert, select

from services.live_api.floor import Floor, Releaser
from services.live_api.pointer import one_mover_at_a_time
from services.live_api.tables import kept, releases
from shared.contracts import Digest
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/kept", tags=["publishing"])


class Wanted(BaseModel):
    """Replaces what was named before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"digests": []}]})

    digests: Annotated[list[Digest], Field(max_length=5000)]


class Kept(BaseModel):
    """`missing` are not here: never staged, or swept already."""

    digests: list[str]
    missing: list[str]


@router.put("", summary="Say which releases are to be kept")
def put(bot: str, body: Wanted, floor: Floor, key: Releaser) -> Kept:
    bot_id, wanted = floor.bot_id(bot, key), sorted(set(body.digests))
    with floor.db.writing() as connection:
        one_mover_at_a_time(connection, floor.db.is_sqlite)
        connection.execute(delete(kept).where(kept.c.bot_id == bot_id))
        if wanted:
            connection.execute(insert(kept), [{"bot_id": bot_id, "digest": digest} for digest in wanted])
        here = set(connection.execute(select(releases.c.digest).where(releases.c.bot_id == bot_id)).scalars())
    return Kept(digests=wanted, missing=[digest for digest in wanted if digest not in here])
