"""`greenroom inbox`: what real users said, for a builder to decide about."""

from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.outcome import USAGE, CommandError
from cli.tables import show_table


@connected
def inbox(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    accept: Annotated[list[str] | None, typer.Option(help="Make this row an expression of --intent.")] = None,
    intent: Annotated[str | None, typer.Option(help="The intent for what is accepted.")] = None,
    dismiss: Annotated[list[str] | None, typer.Option(help="Put this row away.")] = None,
) -> None:
    """List what users said in live, or accept or dismiss rows of it (`sync` brings the newest)."""
    if accept and intent is None:
        raise CommandError("Accept into which intent? Name it with --intent.", USAGE)
    if accept or dismiss:
        handled = _decide(access, bot, accept or [], intent, dismiss or [])
        access.answer({"handled": handled}, lambda: print(f"{handled} handled."))
        return
    items = access.draft.items("bots", bot, "inbox")
    access.answer({"items": items}, lambda: _show(items))


def _decide(access: Access, bot: str, accept: list[str], intent: str | None, dismiss: list[str]) -> int:
    handled = 0
    if accept:
        body = {"items": [{"id": row, "intent": intent} for row in accept]}
        handled += access.draft.post("bots", bot, "inbox", "accept", body=body)["handled"]
    if dismiss:
        handled += access.draft.post("bots", bot, "inbox", "dismiss", body={"ids": dismiss})["handled"]
    return handled


def _show(items: list[dict[str, Any]]) -> None:
    rows = ((i["id"], i["count"], i["text"], _meant(i["then"]), _meant(i["now"])) for i in items)
    show_table(("id", "said", "text", "understood then", "understood now"), rows)


def _meant(found: dict[str, Any] | None) -> str | None:
    """The intent and its confidence, as live or draft saw it."""
    if not found or not found["intent"]:
        return None
    return f"{found['intent']['name']} {found['intent']['confidence']:.2f}"
