"""`greenroom releases`: what was live, newest first."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.tables import show_table

_SHOWN = ("origin", "author", "notes", "digest")


@connected
def releases(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """List the releases of a bot."""
    items = access.publisher.items("bots", bot, "releases")
    access.answer({"items": items}, lambda: show_table(("number", "activated", *_SHOWN), map(_row, items)))


def _row(item: Mapping[str, Any]) -> list[Any]:
    activated = str(item["activated_at"])[:19].replace("T", " ")
    return [item["number"], activated, *(item.get(name) for name in _SHOWN)]
