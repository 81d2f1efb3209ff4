"""`greenroom restore`: an earlier release into draft."""

from typing import Annotated

import typer

from cli.access import Access, connected
from cli.wishes import OfTarget


@connected
def restore(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    release: Annotated[int, typer.Argument(min=1, help="The number of the release.")],
    target: OfTarget = "live",
) -> None:
    """Make draft what a release was: its NLP, flows and settings. Live is left alone; this can be undone."""
    route = "bots", bot, "releases", str(release), "restore"
    snapshot = access.publisher.post(*route, target=target)["snapshot"]
    undo = access.command("undo", bot, snapshot)
    document = {"release": release, "snapshot": snapshot, "undo": undo}
    lines = f"Draft is what release {release} was.\nWhat it was before is snapshot {snapshot}. To undo: {undo}"
    access.answer(document, lambda: print(lines))
