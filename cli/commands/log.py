"""`greenroom log`: who did what to a bot, newest first."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.findings import subject_words
from cli.releasing import moment

_IDS = ("plan", "publication", "snapshot")


@connected
def log(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    limit: Annotated[int, typer.Option(min=1, help="How many entries.")] = 20,
    action: Annotated[str | None, typer.Option(help="Only these, such as `published` or `rolled_back`.")] = None,
) -> None:
    """Show the audit trail: publications, refusals, overrides, rollbacks, live edits, pulls, restores, approvals."""
    only = {"action": action} if action else {}
    items = access.publisher.items("bots", bot, "audit", most=limit, **only)
    access.answer({"items": items}, lambda: print("\n".join(map(_line, items))))


def _line(item: Mapping[str, Any]) -> str:
    """The ids come last: they are for looking further."""
    detail = {name: value for name, value in item["detail"].items() if value not in (None, [], {})}
    told = sorted(detail, key=lambda name: name in _IDS)
    about = subject_words({name: detail[name] for name in told})
    return f"{moment(item['at'])}  {item['author']}: {item['action'].replace('_', ' ')}{': ' if about else ''}{about}"
