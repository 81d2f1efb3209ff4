"""`greenroom publish`: draft goes live."""

from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.outcome import USAGE, CommandError
from cli.publishing import planned_wish, publication_lines, publish_bot
from cli.wishes import OfFlows, OfLanguages, OfMode, Target, wish


@connected
def publish(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    mode: OfMode = None,
    flow: OfFlows = None,
    language: OfLanguages = None,
    plan: Annotated[str | None, typer.Option(help="Publish what this plan has shown, and nothing else.")] = None,
    target: Annotated[Target | None, typer.Option(help="Live, unless said, or the preview.")] = None,
    to: Annotated[int | None, typer.Option(help="The release that a rollback goes back to.")] = None,
    notes: Annotated[str | None, typer.Option(help="What this release is about.")] = None,
    train: Annotated[bool, typer.Option("--train", help="Train first what is not trained.")] = False,
    accept: Annotated[list[str] | None, typer.Option(help="Publish in spite of this finding, by its code.")] = None,
) -> None:
    """Publish a bot, and wait until it is served. Exit code 3 when it is refused."""
    if plan and (flow or language or to or train):
        raise CommandError("A plan is published as it was shown: --flow, --language, --to and --train go.", USAGE)
    asked = wish(mode, target or "live", flow, language, to)
    if plan:
        said = {"mode": mode, "target": target}
        asked = planned_wish(access, plan) | {name: value for name, value in said.items() if value}
    publication = publish_bot(access, bot, asked, notes, train, accept or [])
    access.answer(publication, lambda: _show(publication, access.named(bot)))


def _show(publication: dict[str, Any], bot: str) -> None:
    print("\n".join(publication_lines(publication, bot)))
