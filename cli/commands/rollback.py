"""`greenroom rollback`: an earlier release goes live again."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.changes import change_lines
from cli.findings import finding_lines
from cli.outcome import REFUSED, USAGE, CommandError
from cli.planning import make_plan
from cli.publishing import publication_lines, publish_bot
from cli.releasing import Release, release_words, releases_of, served
from cli.wishes import OfTarget, wish


@connected
def rollback(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    to: Annotated[int | None, typer.Option(help="The release to go back to; the one before, unless said.")] = None,
    notes: Annotated[str | None, typer.Option(help="Why.")] = None,
    target: OfTarget = "live",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring an earlier release back, whole, under a new number. Draft is left alone; nothing is trained.

    In a script, say --yes or --to. Exit code 3 when it is refused.
    """
    if not (yes or to or sys.stdin.isatty()):
        raise CommandError("Nobody is here to be asked: say --yes, or --to with the release.", USAGE)
    releases = releases_of(access, bot, target)
    now, then = served(releases, bot), _earlier(releases, to, bot)
    plan = make_plan(access, bot, wish("rollback", target, to_release=then["number"]))
    print("\n".join(_lines(now, then, plan, access.named(bot))), file=sys.stderr, flush=True)
    _refuse_hopeless(plan)
    if sys.stdin.isatty() and not yes and not plan["nothing_to_do"]:
        typer.confirm(f"Roll {target} back to release {then['number']}?", abort=True, err=True)
    asked = {"mode": "rollback", "target": target, "plan": plan["id"]}
    publication = publish_bot(access, bot, asked, notes)
    lines = publication_lines({**publication, "findings": []}, access.named(bot))
    access.answer(publication, lambda: print("\n".join(lines)))


def _earlier(releases: list[Release], to: int | None, bot: str) -> Release:
    """Raises CommandError when there is no such release."""
    found = releases[1:2] if to is None else [release for release in releases if release["number"] == to]
    if not found:
        detail = f"{bot!r} has no release {to}." if to else f"{bot!r} has no release before the one that is live."
        problem = {"code": "unknown_release", "detail": detail}
        raise CommandError(f"unknown_release: {detail}", hint="greenroom releases BOT lists them.", problem=problem)
    return found[0]


def _lines(now: Release, then: Release, plan: Mapping[str, Any], bot: str) -> list[str]:
    changes = [f"  {line}" for line in change_lines(plan["changes"])]
    return [
        f"From {release_words(now)}",
        f"to   {release_words(then)}.",
        *(["What would change:", *changes] if changes else []),
        *finding_lines(plan["findings"], bot),
    ]


def _refuse_hopeless(plan: Mapping[str, Any]) -> None:
    if not plan["publishable"] and not plan["nothing_to_do"]:
        raise CommandError("publication_refused: nothing was rolled back.", REFUSED, problem=plan)
