"""`greenroom releases`: what was live, newest first."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.releasing import moment, releases_of, short
from cli.tables import show_table
from cli.wishes import OfTarget


@connected
def releases(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    target: OfTarget = "live",
    limit: Annotated[int | None, typer.Option(min=1, help="How many; all of them, unless said.")] = None,
) -> None:
    """List the releases of a bot, live edits and rollbacks included; the first is served now."""
    items = releases_of(access, bot, target, limit)
    columns = ("number", "activated (UTC)", "origin", "author", "notes", "digest")
    access.answer({"items": items}, lambda: show_table(columns, map(_row, items)))


def _row(item: Mapping[str, Any]) -> list[Any]:
    origin = str(item["origin"]).replace("_", " ")
    back = f"{origin} to {item['rollback_of']}" if item.get("rollback_of") else origin
    return [
        item["number"],
        moment(item["activated_at"]),
        back,
        item["author"],
        item.get("notes"),
        short(item["digest"]),
    ]
