"""`greenroom unpublish`: take a bot off live, or off the preview."""

import sys
from typing import Annotated

import typer

from cli.access import Access, connected
from cli.outcome import USAGE, CommandError
from cli.wishes import OfTarget


@connected
def unpublish(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    target: OfTarget = "live",
    notes: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Answer nobody any more. What was published stays on record; `greenroom rollback` brings it back."""
    if not (yes or sys.stdin.isatty()):
        raise CommandError("Nobody is here to be asked: say --yes.", USAGE)
    if not yes:
        typer.confirm(f"Take {bot} off {target}?", abort=True, err=True)
    body = {"target": target, **({"notes": notes} if notes else {})}
    done = access.publisher.post("bots", bot, "unpublish", body=body)
    again = access.command("rollback", bot, *(() if target == "live" else ("--target", target)))
    access.answer(done, lambda: print(f"Release {done['release']} was taken off {target}. Bring it back: {again}"))
