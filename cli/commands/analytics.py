"""`greenroom analytics`: what a bot has heard, counted."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.tables import show_table
from cli.wishes import OfTarget
from shared.counting import counted

Table = Literal["days", "channels", "intents", "blocks", "not_understood"]


@connected
def analytics(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    first: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="30 days ago, unless said.")] = None,
    last: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Today, unless said.")] = None,
    csv: Annotated[Table | None, typer.Option(help="One table, as CSV.")] = None,
    target: OfTarget = "live",
) -> None:
    """Messages, users and how much was understood: by day, channel, intent and block. The emulator never counts."""
    asked = {name: value for name, value in (("first", first), ("last", last)) if value}
    peer = access.target(target)
    if csv:
        sys.stdout.write(peer.text("bots", bot, "analytics", format="csv", table=csv, **asked))
        return
    found = peer.get("bots", bot, "analytics", **asked)
    access.answer(found, lambda: _show(found))


def _show(found: Mapping[str, Any]) -> None:
    totals = found["totals"]
    print(f"{found['first']} to {found['last']}: {_words(totals)}")
    if not totals["messages"]:
        return
    counts = ("messages", "users", "conversations", "understood")
    show_table(("day", *counts), ((row["day"], *_numbers(row)) for row in found["days"]))
    show_table(("channel", *counts), ((row["name"] or row["channel"], *_numbers(row)) for row in found["channels"]))
    _show_frequent("intent", [(row["name"] or row["intent"], row["messages"]) for row in found["intents"]])
    _show_frequent("block", [(row["block"], row["messages"]) for row in found["blocks"]])
    _show_frequent("not understood", [(row["text"], row["messages"]) for row in found["not_understood"]])


def _show_frequent(what: str, rows: Sequence[tuple[str, int]]) -> None:
    if rows:
        show_table((what, "messages"), rows)


def _words(counts: Mapping[str, Any]) -> str:
    messages = counted(counts["messages"], "message", "messages")
    users = counted(counts["users"], "user", "users")
    told = f"{messages} of {users} in {counted(counts['conversations'], 'conversation', 'conversations')}"
    return f"{told}, {_percent(counts)} understood." if counts["messages"] else f"{told}."


def _numbers(row: Mapping[str, Any]) -> tuple[int, int, int, str]:
    return row["messages"], row["users"], row["conversations"], _percent(row)


def _percent(counts: Mapping[str, Any]) -> str:
    return f"{100 * counts['understood_rate']:.0f} %"
