"""The audit trail of one bot: publications, refusals, overrides, rollbacks, live edits, restores, pulls, approvals."""

from services.publisher import history
from services.publisher.bridge import Bridge, Planner
from services.publisher.tables import audit
from shared.web.audit_routes import AuditEntry, audit_page
from shared.web.pages import Limit, Page
from shared.web.routing import Router

router = Router(tags=["audit"])


@router.get("/v1/bots/{bot}/audit", summary="List who did what to a bot")
def trail(
    bot: str, bridge: Bridge, key: Planner, limit: Limit = 100, cursor: str | None = None, action: str | None = None
) -> Page[AuditEntry]:
    """Newest first. `before` and `after` are digests of what live served, where live is what changed."""
    bot_id = bridge.bot_id(bot, key)
    history.catch_up(bridge.db, bridge.live, "live", bot_id)
    return audit_page(bridge.db, audit, limit, cursor, bot_id, action)
