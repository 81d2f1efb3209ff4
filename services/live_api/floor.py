"""What every route of live is given: its parts, and the key that was shown."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from services.live_api.backstage import Backstage
from services.live_api.channel_book import ChannelBook
from services.live_api.delivery import Delivery
from services.live_api.encoding import Encoding
from services.live_api.group_commit import GroupCommit
from services.live_api.pointer import Pointer
from services.live_api.roster import Roster, Serving, never_published
from services.live_api.settings import LiveSettings
from services.live_api.talk import Talk
from services.live_api.turns import Turns
from shared.artifacts import Artifacts
from shared.db import Database
from shared.egress import Egress
from shared.nlp.inspection import Inspector
from shared.secrets import Secrets
from shared.web.keys import Principal
from shared.web.routing import requires

# What draft calls its bots: before the first publication nothing else is known of them here.
_BOT_ID = re.compile(r"bot_[A-Za-z0-9_]{1,36}")


@dataclass(frozen=True)
class FloorParts:
    """`process` names this process among those that share its database."""

    db: Database
    artifacts: Artifacts
    roster: Roster
    encoding: Encoding
    group: GroupCommit
    talk: Talk
    delivery: Delivery
    settings: LiveSettings
    process: str
    secrets: Secrets
    egress: Egress
    channels: ChannelBook
    inspector: Inspector = field(default_factory=Inspector)
    stagings: Turns = field(default_factory=Turns)
    backstage: Backstage = field(default_factory=Backstage)

    def serving(self, bot: str, key: Principal) -> Serving:
        """Raises `never_published` alike for what is absent and for what the key may not see."""
        serving = self.roster.serving(bot)
        if key.bot not in (None, serving.pointer.bot):
            raise never_published(bot)
        return serving

    def pointer(self, bot: str, key: Principal) -> Pointer:
        """Also of a bot whose release cannot be loaded just now."""
        pointer = self.roster.pointer(bot)
        if key.bot not in (None, pointer.bot):
            raise never_published(bot)
        return pointer

    def bot_id(self, bot: str, key: Principal) -> str:
        """The id for an id or a name. Raises `never_published` for what the key may not see."""
        found = self.roster.bot_id(bot)
        if key.bot not in (None, found):
            raise never_published(bot)
        return found

    def settable(self, bot: str, key: Principal) -> str:
        """The id of a bot that may be set up here, perhaps before its first publication. Raises `never_published`."""
        found = self.bot_id(bot, key)
        if self.roster.known(found) is None and not _BOT_ID.fullmatch(found):
            raise never_published(bot)
        return found


def _floor(request: Request) -> FloorParts:
    parts: FloorParts = request.app.state.floor
    return parts


Floor = Annotated[FloorParts, Depends(_floor)]
Reader = Annotated[Principal, requires("live:read")]
Classifier = Annotated[Principal, requires("live:classify")]
Editor = Annotated[Principal, requires("live:edit")]
Releaser = Annotated[Principal, requires("live:release")]
