"""`greenroom snapshots`: what draft can be brought back to."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.releasing import moment
from cli.snapshots import snapshots_of
from cli.tables import show_table


@connected
def snapshots(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """List the snapshots of a draft bot, newest first; `undo` brings one back."""
    items = snapshots_of(access, bot)
    rows = [(item["id"], moment(item["created_at"]), item["reason"], _size(item)) for item in items]
    access.answer({"items": items}, lambda: show_table(("id", "taken (UTC)", "why", "size"), rows))


def _size(item: Mapping[str, Any]) -> str:
    """As far as draft tells it: `3 intents, 120 expressions`."""
    return ", ".join(f"{value} {name}" for name, value in item.items() if isinstance(value, int))
