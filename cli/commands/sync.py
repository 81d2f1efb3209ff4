"""`greenroom sync`: user messages come home now rather than tonight."""

from typing import Annotated

import typer

from cli.access import Access, connected
from cli.following import failure, finish
from cli.outcome import CommandError
from shared.counting import counted


@connected
def sync(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Move live's user messages to draft's inbox."""
    started = access.publisher.post("bots", bot, "inbox-syncs")
    moved = finish(access.publisher, "inbox-syncs", started, "Moving messages")
    if moved["status"] != "succeeded":
        raise CommandError(f"sync_failed: {failure(moved)}", problem=moved)
    access.answer(
        moved, lambda: print(f"{counted(moved.get('moved', 0), 'message', 'messages')} moved to draft's inbox.")
    )
