"""`greenroom undo`: draft as it was."""

from typing import Annotated

import typer

from cli.access import Access, connected
from cli.outcome import CommandError
from cli.snapshots import snapshots_of


@connected
def undo(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    snapshot: Annotated[str | None, typer.Argument(help="The snapshot; the newest, unless said.")] = None,
) -> None:
    """Bring draft back to a snapshot; one is taken before anything is deleted, replaced, restored or pulled.

    This can be undone too.
    """
    chosen = snapshot or _newest(access, bot)
    taken = access.draft.post("bots", bot, "snapshots", chosen, "restore")["snapshot"]
    redo = access.command("undo", bot, taken)
    document = {"restored": chosen, "snapshot": taken, "undo": redo}
    lines = f"Draft is what it was in snapshot {chosen}.\nWhat it was before is snapshot {taken}. To undo this: {redo}"
    access.answer(document, lambda: print(lines))


def _newest(access: Access, bot: str) -> str:
    found = snapshots_of(access, bot)
    if not found:
        detail = f"{bot!r} has no snapshot: nothing destructive was done to it."
        raise CommandError(f"no_snapshot: {detail}", problem={"code": "no_snapshot", "detail": detail})
    return str(found[0]["id"])
