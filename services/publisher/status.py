"""Status at a glance (P22): what is live, what is unpublished, what blocks, what runs."""

from typing import Any

from pydantic import BaseModel

from services.publisher import records
from services.publisher.bridge import Bridge, BridgeParts, Planner
from services.publisher.drift import DriftItem, named, standing
from services.publisher.gather import read_situation
from services.publisher.judging import judge
from services.publisher.plan_records import Pointer
from services.publisher.publications import Shown, shown
from services.publisher.wish import Wish
from shared.contracts import Finding, Snapshot
from shared.diff import Changes
from shared.errors import GreenroomError, NotFoundError
from shared.web.routing import Router

router = Router(tags=["status"])


class Status(BaseModel):
    """`unpublished` is what a full publication would change now; `findings` what it would say.

    `live_edits` are the items that were edited in live and that draft has not taken over. A bot that was deleted in
    draft and that live still serves is not `in_draft`, and has nothing to publish. `running` is a publication to live,
    `preview_running` one to the preview, beside it. `preview_away` is why nothing is known of the preview; it is not
    waited for.
    """

    bot: str
    name: str
    in_draft: bool
    live: Pointer | None
    live_url: str
    preview: Pointer | None = None
    preview_url: str | None = None
    preview_away: str | None = None
    unpublished: Changes
    changed: bool
    live_edits: list[DriftItem]
    findings: list[Finding]
    running: Shown | None
    preview_running: Shown | None = None


@router.get("/v1/bots/{bot}/status", summary="Show where a bot stands")
def status(bot: str, bridge: Bridge, key: Planner) -> Status:
    bot_id = bridge.bot_id(bot, key)
    draft, wish = _draft(bridge, bot_id), Wish(mode="full")
    situation = read_situation(bridge.db, bridge.live, bridge.draft, bot_id, draft, wish)
    known = draft or situation.base
    if known is None:
        raise NotFoundError("not_found", f"There is no bot {bot!r}.")
    verdict = judge(wish, situation)
    with bridge.db.reading() as connection:
        running = {target: records.running(connection, bot_id, target) for target in bridge.targets}
    shows = {target: shown(publication, bridge) for target, publication in running.items() if publication}
    preview = _preview(bridge, bot_id)
    base = situation.base
    edits = standing(situation.edits, base, draft) if base else {}
    return Status(
        bot=bot_id,
        name=known.bot.name,
        in_draft=draft is not None,
        live=Pointer(number=situation.live.number, digest=situation.live.digest) if situation.live else None,
        live_url=bridge.targets["live"].public_url,
        **preview,
        unpublished=verdict.changes,
        changed=verdict.outcome is not None and (base is None or verdict.outcome.digest != base.digest),
        live_edits=[named(item, edit, base, base) for item, edit in sorted(edits.items())] if base else [],
        findings=list(verdict.findings),
        running=shows.get("live"),
        preview_running=shows.get("preview"),
    )


def _preview(bridge: BridgeParts, bot_id: str) -> dict[str, Any]:
    """What the status says of it: live's is not to wait for a rehearsal stage."""
    preview = bridge.targets.get("preview")
    if preview is None:
        return {}
    try:
        served = preview.live.active(bot_id, soon=True)
    except GreenroomError as away:
        return {"preview_url": preview.public_url, "preview_away": away.detail}
    pointer = Pointer(number=served.number, digest=served.digest) if served else None
    return {"preview_url": preview.public_url, "preview": pointer}


def _draft(bridge: BridgeParts, bot_id: str) -> Snapshot | None:
    try:
        return bridge.draft.snapshot(bot_id)
    except NotFoundError:
        return None
