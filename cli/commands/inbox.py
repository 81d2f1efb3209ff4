"""`greenroom inbox`: what real users said, for a builder to decide about."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.outcome import USAGE, CommandError
from cli.tables import show_table
from shared.counting import counted

_LABEL = 3
_MOST = 500


@connected
def inbox(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    groups: Annotated[bool, typer.Option("--groups", help="What was not understood, grouped by meaning.")] = False,
    language: Annotated[str | None, typer.Option(help="Of the groups; the bot's first, unless said.")] = None,
    accept: Annotated[list[str] | None, typer.Option(help="Make this row an expression of --intent.")] = None,
    accept_group: Annotated[str | None, typer.Option(help="The same with every row of this group.")] = None,
    intent: Annotated[str | None, typer.Option(help="The intent for what is accepted.")] = None,
    text: Annotated[str | None, typer.Option(help="What the one row that is accepted should say instead.")] = None,
    dismiss: Annotated[list[str] | None, typer.Option(help="Put this row away.")] = None,
    dismiss_group: Annotated[str | None, typer.Option(help="Put every row of this group away.")] = None,
) -> None:
    """List what users said in live, or accept or dismiss rows or groups of it (`sync` brings the newest)."""
    taken = [*(accept or []), *_members(access, bot, language, accept_group)]
    put_away = [*(dismiss or []), *_members(access, bot, language, dismiss_group)]
    if taken and intent is None:
        raise CommandError("Accept into which intent? Name it with --intent.", USAGE)
    if text is not None and len(taken) != 1:
        raise CommandError("--text is for one row that is accepted.", USAGE)
    if taken or put_away:
        handled = _decide(access, bot, [_accepted(row, intent, text) for row in taken], put_away)
        access.answer({"handled": handled}, lambda: print(f"{handled} handled."))
    elif groups:
        found = _groups(access, bot, language)
        access.answer(found, lambda: _show_groups(found, access.command("inbox", bot)))
    else:
        items = access.draft.items("bots", bot, "inbox")
        access.answer({"items": items}, lambda: _show(items))


def _groups(access: Access, bot: str, language: str | None, **more: int) -> Mapping[str, Any]:
    asked = {"language": language} if language else {}
    found: Mapping[str, Any] = access.draft.get("bots", bot, "inbox", "groups", **asked, **more)
    return found


def _members(access: Access, bot: str, language: str | None, group: str | None) -> list[str]:
    """The rows of a group, as the service lists them now."""
    if group is None:
        return []
    for found in _groups(access, bot, language, limit=100)["groups"]:
        if found["id"] == group:
            return list(found["ids"])
    raise CommandError(f"There is no group {group!r}: they change with what waits in the inbox.")


def _accepted(row: str, intent: str | None, text: str | None) -> dict[str, Any]:
    return {"id": row, "intent": intent, **({"text": text} if text is not None else {})}


def _decide(access: Access, bot: str, accept: Sequence[dict[str, Any]], dismiss: Sequence[str]) -> int:
    handled = 0
    for start in range(0, len(accept), _MOST):
        body = {"items": accept[start : start + _MOST]}
        handled += access.draft.post("bots", bot, "inbox", "accept", body=body)["handled"]
    for start in range(0, len(dismiss), _MOST):
        ids = dismiss[start : start + _MOST]
        handled += access.draft.post("bots", bot, "inbox", "dismiss", body={"ids": ids})["handled"]
    return handled


def _show(items: Sequence[Mapping[str, Any]]) -> None:
    rows = ((i["id"], i["count"], i["text"], _meant(i["then"]), _meant(i["now"])) for i in items)
    show_table(("id", "said", "text", "understood then", "understood now"), rows)


def _show_groups(found: Mapping[str, Any], again: str) -> None:
    rows = (
        (
            group["id"],
            group["said"],
            group["messages"],
            "\n".join(example["text"] for example in group["examples"][:_LABEL]),
            _meant(group["now"]),
        )
        for group in found["groups"]
    )
    show_table(("group", "said", "messages", "for example", "understood now"), rows)
    looked_at = counted(found["looked_at"], "message", "messages")
    print(f"Compared by {found['by']}; {looked_at} looked at, {found['alone']} of them like no other.")
    if found["left_out"]:
        print(f"{found['left_out']} that were said least were left out.")
    if found["groups"]:
        print(f"Take one: {again} --accept-group GROUP --intent INTENT, or --dismiss-group GROUP")


def _meant(found: Mapping[str, Any] | None) -> str | None:
    """The intent and its confidence, as live or draft saw it."""
    if not found or not found["intent"]:
        return None
    return f"{found['intent']['name']} {found['intent']['confidence']:.2f}"
