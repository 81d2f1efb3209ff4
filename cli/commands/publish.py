"""`greenroom publish`: draft goes live."""

from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.failing import show_findings
from cli.publishing import publish_bot


@connected
def publish(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    mode: Annotated[Literal["full", "nlp"], typer.Option(help="Everything, or what it understands only.")] = "full",
    notes: Annotated[str | None, typer.Option(help="What this release is about.")] = None,
    train: Annotated[bool, typer.Option("--train", help="Train first what is not trained.")] = False,
    accept: Annotated[list[str] | None, typer.Option(help="Publish in spite of this finding, by its code.")] = None,
) -> None:
    """Publish a bot to live, and wait until live serves it. Exit code 3 when it is refused."""
    publication = publish_bot(access, bot, mode, notes, train, accept or [])
    access.answer(publication, lambda: _show(publication))


def _show(publication: dict[str, Any]) -> None:
    if publication["findings"]:
        show_findings(publication["findings"])
    number, digest = publication["release"], publication["release_digest"]
    if publication["id"] is None:
        print(f"Nothing to do: release {number} ({digest}) is this very bot.")
        return
    print(f"Release {number} is live: {digest}")
    print(f"It answers at {publication['live_url']}.")
    if publication.get("draft_moved"):
        print("Draft was edited meanwhile; those edits are not in this release.")
