"""What live has heard, counted: by day, channel, intent and block, and what was not understood. Days are those of UTC.

Everything but texts is counted in the database, over one range of one index; what retention has taken away is not
counted.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, String, case, func, literal_column, select

from services.live_api.tables import channels, conversations, messages

TOP = 50
LATEST = 100_000
"""Texts that were not understood are counted among so many, the last ones of a range."""
_AT_A_TIME = 1000
REST = "rest"


@dataclass(frozen=True)
class Range:
    """Whole days, the last one included. `oldest` is where retention ends."""

    first: date
    last: date
    oldest: datetime

    def here(self, bot: str) -> tuple[ColumnElement[bool], ...]:
        begins = max(datetime.combine(self.first, time(), UTC), self.oldest)
        ends = datetime.combine(self.last + timedelta(days=1), time(), UTC)
        received = messages.c.received_at
        return messages.c.bot_id == bot, received >= begins, received < ends


class Counts(BaseModel):
    """`users` are people by name, or by conversation where nobody said who they are."""

    messages: int
    users: int
    conversations: int
    understood: int
    understood_rate: float | None


class Day(Counts):
    day: date


class ChannelCounts(Counts):
    """`channel` is the id of a channel, or `rest`; `name` and `kind` are absent for one that is gone."""

    channel: str
    kind: str | None
    name: str | None


class IntentCount(BaseModel):
    intent: str
    name: str | None
    messages: int


class BlockCount(BaseModel):
    """How many messages led to the block."""

    block: str
    messages: int


class NotUnderstood(BaseModel):
    text: str
    language: str
    reason: str | None
    messages: int


def totals(connection: Connection, bot: str, range_: Range) -> Counts:
    row = connection.execute(select(*_counts()).where(*range_.here(bot))).mappings().one()
    return Counts(**_values(row))


def days(connection: Connection, bot: str, range_: Range) -> list[Day]:
    """Every day on which something was said, in their order."""
    day = _day(connection).label("day")
    query = select(day, *_counts()).where(*range_.here(bot)).group_by(day).order_by(day)
    return [Day(day=row["day"], **_values(row)) for row in connection.execute(query).mappings()]


def by_channel(connection: Connection, bot: str, range_: Range) -> list[ChannelCounts]:
    rest: ColumnElement[str] = literal_column(f"'{REST}'")
    names = func.coalesce(conversations.c.channel_id, rest).label("channel"), channels.c.kind, channels.c.name
    query = _with_channels(select(*names, *_counts())).where(*range_.here(bot))
    rows = connection.execute(query.group_by(*names).order_by(func.count().desc(), "channel")).mappings()
    return [ChannelCounts(channel=row["channel"], kind=row["kind"], name=row["name"], **_values(row)) for row in rows]


def intents(connection: Connection, bot: str, range_: Range) -> list[IntentCount]:
    """Those that were understood most often. An intent that was renamed has the name that it had last."""
    count = func.count().label("messages")
    columns = messages.c.intent_id.label("intent"), func.max(messages.c.intent_name).label("name"), count
    query = select(*columns).where(*range_.here(bot), messages.c.understood, messages.c.intent_id.is_not(None))
    rows = connection.execute(
        query.group_by(messages.c.intent_id).order_by(count.desc(), messages.c.intent_id).limit(TOP)
    )
    return [IntentCount(**row) for row in rows.mappings()]


def blocks(connection: Connection, bot: str, range_: Range) -> list[BlockCount]:
    count = func.count().label("messages")
    query = select(messages.c.block, count).where(*range_.here(bot), messages.c.block.is_not(None))
    rows = connection.execute(query.group_by(messages.c.block).order_by(count.desc(), messages.c.block).limit(TOP))
    return [BlockCount(**row) for row in rows.mappings()]


def not_understood(connection: Connection, bot: str, range_: Range) -> list[NotUnderstood]:
    """What was said most often without being understood, letter by letter: draft's inbox groups by meaning.

    Counted here: to the database, two sealed texts that are the same look different.
    """
    columns = messages.c.text, messages.c.language, messages.c.reason
    query = select(*columns).where(*range_.here(bot), ~messages.c.understood)
    latest = query.order_by(messages.c.sequence.desc()).limit(LATEST)
    rows = connection.execute(latest, execution_options={"yield_per": _AT_A_TIME})
    counted = Counter(tuple(row) for row in rows if row.text)
    most = heapq.nsmallest(TOP, counted.items(), key=lambda item: (-item[1], item[0][0]))
    return [NotUnderstood(text=t, language=lang, reason=why, messages=count) for (t, lang, why), count in most]


def _counts() -> Sequence[ColumnElement[int]]:
    who = func.coalesce(messages.c.user_id, messages.c.conversation)
    return (
        func.count().label("messages"),
        func.count(who.distinct()).label("users"),
        func.count(messages.c.conversation.distinct()).label("conversations"),
        func.coalesce(func.sum(case((messages.c.understood, 1), else_=0)), 0).label("understood"),
    )


def _values(row: RowMapping) -> dict[str, int | float | None]:
    found: dict[str, int | float | None] = {name: row[name] for name in ("messages", "users", "conversations")}
    rate = round(row["understood"] / row["messages"], 4) if row["messages"] else None
    return {**found, "understood": int(row["understood"]), "understood_rate": rate}


def _day(connection: Connection) -> ColumnElement[str]:
    if connection.dialect.name == "postgresql":
        return literal_column("to_char(messages.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')", String)
    return func.date(messages.c.received_at)


def _with_channels(query: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    whose = (conversations.c.bot_id == messages.c.bot_id) & (conversations.c.id == messages.c.conversation)
    of = channels.c.id == conversations.c.channel_id
    return query.select_from(messages).join(conversations, whose, isouter=True).join(channels, of, isouter=True)
