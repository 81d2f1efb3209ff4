"""Where conversations stand just now: what a plan says it would disturb (P14)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Select, func, select

from services.live_api.floor import Floor, Releaser
from services.live_api.tables import conversations, messages
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/standing", tags=["publishing"])


class Standing(BaseModel):
    """`blocks` counts the conversations by the block that answered them last; built-in texts belong to none."""

    conversations: int
    blocks: dict[str, int]


@router.get("", summary="Count conversations by where they stand")
def standing(bot: str, floor: Floor, key: Releaser) -> Standing:
    """Conversations that were active within the bot's session timeout; also of one whose release cannot be loaded:

    whoever means to replace it must not be kept from that.
    """
    bot_id = floor.pointer(bot, key).bot
    since = datetime.now(UTC) - timedelta(minutes=floor.roster.settings(bot_id).session_timeout_minutes)
    with floor.db.reading() as connection:
        counts = {row.block: row.conversations for row in connection.execute(_counted(bot_id, since))}
    return Standing(conversations=sum(counts.values()), blocks={b: n for b, n in counts.items() if b is not None})


def _counted(bot: str, since: datetime) -> Select[Any]:
    awake = select(conversations.c.id).where(conversations.c.bot_id == bot, conversations.c.last_at >= since)
    here = messages.c.bot_id == bot, messages.c.conversation.in_(awake)
    last = select(func.max(messages.c.sequence)).where(*here).group_by(messages.c.conversation)
    counted = select(messages.c.block, func.count().label("conversations"))
    return counted.where(messages.c.sequence.in_(last)).group_by(messages.c.block)
