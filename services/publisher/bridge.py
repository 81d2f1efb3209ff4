"""What every route of the publisher is given: its database, its jobs, draft, and the targets that it publishes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.publisher import history, plan_records
from services.publisher.draft import Draft
from services.publisher.live import Live
from shared.db import Database
from shared.errors import GreenroomError, InvalidError, NotFoundError
from shared.jobs import Jobs
from shared.web.keys import Principal
from shared.web.routing import requires


@dataclass(frozen=True)
class TargetParts:
    """`public_url` is where people reach it; it is shown, never called."""

    live: Live
    public_url: str


@dataclass(frozen=True)
class BridgeParts:
    db: Database
    jobs: Jobs
    draft: Draft
    targets: Mapping[str, TargetParts]

    @property
    def live(self) -> Live:
        return self.targets["live"].live

    def target(self, name: str) -> TargetParts:
        """Raises InvalidError `unknown_target`."""
        if name not in self.targets:
            detail = "There is no preview here: start one with `greenroom up --preview`."
            raise InvalidError("unknown_target", detail)
        return self.targets[name]

    def bot_id(self, bot: str, key: Principal, planned: bool = False) -> str:
        """By its id, which our own record knows once it was published, or by its name, as draft has it.

        Where it is about plans, one that was `planned` is known, too.

        What draft no longer has, or cannot say now, is the record's: neither a rollback nor an erasure needs draft.
        """
        with self.db.reading() as connection:
            known = history.bot_named(connection, bot)
            if known is None and planned:
                known = plan_records.bot_planned(connection, bot)
        if known == bot:
            return seen(known, bot, key)
        try:
            return seen(self.draft.bot(bot).id, bot, key)
        except GreenroomError as away:
            if known is None and not isinstance(away, NotFoundError):
                raise
            return seen(known or self._served(bot), bot, key)

    def _served(self, bot: str) -> str:
        active = self.live.active(bot)
        if active is None:
            raise NotFoundError("not_found", f"There is no bot {bot!r}.")
        return active.release.bot.id


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
Approver = Annotated[Principal, requires("publish:approve")]
