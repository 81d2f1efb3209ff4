"""What every route of the publisher is given: its database, its jobs, its two neighbours."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.publisher.peers import Draft, Live
from shared.db import Database
from shared.errors import NotFoundError
from shared.jobs import Jobs
from shared.web.keys import Principal
from shared.web.routing import requires


@dataclass(frozen=True)
class BridgeParts:
    db: Database
    jobs: Jobs
    draft: Draft
    live: Live
    live_url: str

    def bot_id(self, bot: str, key: Principal) -> str:
        """By name or id, as draft knows it; what draft no longer has may still be known by its id."""
        try:
            found = self.draft.snapshot(bot).bot.id
        except NotFoundError:
            active = self.live.active(bot)
            if active is None:
                raise NotFoundError("not_found", f"There is no bot {bot!r}.") from None
            found = active.release.bot.id
        return seen(found, bot, key)


def seen(bot_id: str, bot: str, key: Principal) -> str:
    """A bot that a key is not for is as absent as any other."""
    if key.bot is not None and key.bot != bot_id:
        raise NotFoundError("not_found", f"There is no bot {bot!r}.")
    return bot_id


def _bridge(request: Request) -> BridgeParts:
    parts: BridgeParts = request.app.state.bridge
    return parts


Bridge = Annotated[BridgeParts, Depends(_bridge)]
Planner = Annotated[Principal, requires("publish:plan")]
Executor = Annotated[Principal, requires("publish:execute")]
