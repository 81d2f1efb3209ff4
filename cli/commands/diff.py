"""`greenroom diff`: what differs between two versions of a bot."""

from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.changes import any_changes, detailed_lines, turned_round
from cli.outcome import USAGE, CommandError
from cli.releasing import releases_of, served
from cli.wishes import OfTarget

Version = Annotated[str, typer.Argument(help="The number of a release, `live` or `draft`.")]

DIFFERS = 1


@connected
def diff(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    a: Version = "live",
    b: Version = "draft",
    target: OfTarget = "live",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 when they differ.")] = False,
) -> None:
    """Show what leads from one version to the other: from live to draft, unless said."""
    found = _compare(access, bot, a, b, target)
    document = {**found, "equal": not any_changes(found["changes"])}
    access.answer(document, lambda: print("\n".join(_lines(document))))
    if exit_code and not document["equal"]:
        raise typer.Exit(DIFFERS)


def _compare(access: Access, bot: str, a: str, b: str, target: str) -> dict[str, Any]:
    """The publisher compares from a number: what leads away from draft is what leads there, turned round."""
    if a == b == "draft":
        raise CommandError("Compare draft with a release, or with live.", USAGE)
    if a == "draft":
        found = _compare(access, bot, b, a, target)
        return {"before": "draft", "after": found["before"], "changes": turned_round(found["changes"])}
    number = str(served(releases_of(access, bot, target, most=1), bot)["number"]) if a == "live" else a
    found = access.publisher.get("bots", bot, "releases", number, "compare", b, target=target)
    return {"before": number, "after": found["after"], "changes": found["changes"]}


def _lines(document: dict[str, Any]) -> list[str]:
    before, after = _words(document["before"]), _words(document["after"])
    if document["equal"]:
        return [f"{before} and {after} are equal.".capitalize()]
    return [f"From {before} to {after}:", *(f"  {line}" for line in detailed_lines(document["changes"]))]


def _words(version: str) -> str:
    return f"release {version}" if version.isdigit() else version
