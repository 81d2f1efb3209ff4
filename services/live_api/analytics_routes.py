"""What live has heard, counted, in JSON or as a table in CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection, select

from services.live_api import analytics
from services.live_api.analytics import BlockCount, ChannelCounts, Counts, Day, IntentCount, NotUnderstood, Range
from services.live_api.environments import environment_of
from services.live_api.floor import Floor, Reader
from services.live_api.roster import never_published
from services.live_api.tables import active
from shared.errors import InvalidError
from shared.web.describing import TEXT
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/analytics", tags=["talking"])

_DAYS = 30
_LONGEST_DAYS = 3660
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Part = Literal["days", "channels", "intents", "blocks", "not_understood"]
PARTS: dict[Part, tuple[type[BaseModel], Callable[[Connection, str, Range], Sequence[BaseModel]]]] = {
    "days": (Day, analytics.days),
    "channels": (ChannelCounts, analytics.by_channel),
    "intents": (IntentCount, analytics.intents),
    "blocks": (BlockCount, analytics.blocks),
    "not_understood": (NotUnderstood, analytics.not_understood),
}


class Analytics(BaseModel):
    """Both days are included. The emulator never counts; what retention has taken away counts no more."""

    bot: str
    first: date
    last: date
    totals: Counts
    days: list[Day]
    channels: list[ChannelCounts]
    intents: list[IntentCount]
    blocks: list[BlockCount]
    not_understood: list[NotUnderstood]


@router.get(
    "",
    response_model=Analytics,
    responses={200: {"content": {"text/csv": TEXT}}},
    summary="Show analytics",
)
def show(
    bot: str,
    floor: Floor,
    key: Reader,
    request: Request,
    first: Annotated[date | None, Query(description="The last 30 days, unless said.")] = None,
    last: Annotated[date | None, Query(description="Today, unless said.")] = None,
    format: Literal["json", "csv"] | None = None,
    table: Annotated[Part, Query(description="Which one, in CSV.")] = "days",
) -> Any:
    """Messages, users, conversations and how many were understood: in all, by day and channel; the most frequent

    intents, blocks, and texts that were not understood. In CSV, with `format` or `Accept: text/csv`, one table.
    """
    bot_id = floor.bot_id(bot, key)
    with floor.db.reading() as connection:
        if connection.execute(select(active.c.bot_id).where(active.c.bot_id == bot_id)).first() is None:
            raise never_published(bot)
        days = _range(first, last, environment_of(connection, bot_id).retention_days)
        if format == "csv" or (format is None and "text/csv" in request.headers.get("accept", "")):
            kind, count = PARTS[table]
            return _csv(
                list(dict.fromkeys((*kind.__annotations__, *kind.model_fields))), count(connection, bot_id, days)
            )
        parts = {name: count(connection, bot_id, days) for name, (_, count) in PARTS.items()}
        return Analytics(
            bot=bot_id, first=days.first, last=days.last, totals=analytics.totals(connection, bot_id, days), **parts
        )


def _range(first: date | None, last: date | None, retention_days: int) -> Range:
    """Raises InvalidError `invalid_range`."""
    now = datetime.now(UTC)
    until = last or now.date()
    since = first or until - timedelta(days=min(_DAYS - 1, (until - date.min).days))
    if not 0 <= (until - since).days <= _LONGEST_DAYS or until.year > 9000:
        raise InvalidError("invalid_range", f"From `first` to `last` there are 0 to {_LONGEST_DAYS} days.")
    return Range(since, until, now - timedelta(days=retention_days))


def _csv(names: Sequence[str], rows: Sequence[BaseModel]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8")


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
