"""`greenroom releases`: what was live, newest first."""

from typing import Annotated

import typer

from cli.access import Access, connected
from cli.tables import show_table


@connected
def releases(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """List the releases of a bot."""
    items = access.publisher.items("bots", bot, "releases")
    columns = ("number", "activated_at", "origin", "author", "notes", "digest")
    access.answer(
        {"items": items}, lambda: show_table(columns, ([item.get(name) for name in columns] for item in items))
    )
