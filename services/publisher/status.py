"""Status at a glance (P22): what is live, what is unpublished, what blocks, what runs."""

from pydantic import BaseModel

from services.publisher import records
from services.publisher.bridge import Bridge, Planner, seen
from services.publisher.checks import check
from services.publisher.compose import compose
from services.publisher.diff import Changes, diff
from services.publisher.publications import Shown, shown
from shared.contracts import Finding
from shared.web.routing import Router

router = Router(tags=["status"])


class LivePointer(BaseModel):
    number: int
    digest: str


class Status(BaseModel):
    """`unpublished` is what a full publication would change now; `findings` what it would say."""

    bot: str
    name: str
    live: LivePointer | None
    live_url: str
    unpublished: Changes
    changed: bool
    findings: list[Finding]
    running: Shown | None


@router.get("/v1/bots/{bot}/status")
def status(bot: str, bridge: Bridge, key: Planner) -> Status:
    draft = bridge.draft.snapshot(bot)
    bot_id = seen(draft.bot.id, bot, key)
    live = bridge.live.active(bot_id)
    base = live.release if live else None
    changes = diff(base, compose("full", draft, base))
    with bridge.db.reading() as connection:
        running = records.running(connection, bot_id)
    return Status(
        bot=bot_id,
        name=draft.bot.name,
        live=LivePointer(number=live.number, digest=live.digest) if live else None,
        live_url=bridge.live_url,
        unpublished=changes,
        changed=bool(changes),
        findings=list(check("full", draft, base)),
        running=shown(running, bridge) if running else None,
    )
