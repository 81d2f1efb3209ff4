"""`greenroom parked`: what live gave up on, and another chance for it."""

from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.bot_ids import live_id
from cli.outcome import USAGE, CommandError
from cli.tables import show_table
from cli.wishes import Target


@connected
def parked(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    replay: Annotated[list[str] | None, typer.Option(metavar="ID", help="Try this one again.")] = None,
    replay_all: Annotated[bool, typer.Option("--replay-all", help="Try all of them again.")] = False,
    target: Annotated[Target | None, typer.Option(help="Live, unless said, or the preview.")] = None,
) -> None:
    """List messages that were not answered and replies that were not sent, or have them tried again."""
    if replay and replay_all:
        raise CommandError("Either --replay or --replay-all.", USAGE)
    peer, place = access.target(target or "live"), ("bots", live_id(access, bot), "parked")
    if replay or replay_all:
        done = peer.post(*place, "replay", body={"all": True} if replay_all else {"ids": replay})
        access.answer(done, lambda: print(f"{len(done['replayed'])} tried again."))
        return
    items = peer.items(*place)
    access.answer({"items": items}, lambda: _show(items))


def _show(items: list[dict[str, Any]]) -> None:
    rows = ((i["id"], i["what"], i["at"], i["channel"], i["reason"], i["text"]) for i in items)
    show_table(("id", "what", "since", "channel", "reason", "text"), rows)
