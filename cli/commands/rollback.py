"""`greenroom rollback`: an earlier release goes live again."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.changes import change_lines
from cli.findings import finding_lines
from cli.going_back import numbered, plan_back
from cli.outcome import REFUSED, USAGE, CommandError
from cli.publishing import publication_lines, publish_bot
from cli.releasing import Release, release_words
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

    Without --to it is the newest that is not live and was not rolled back itself; after `unpublish`, what was served.

    In a script, say --yes or --to. Exit code 3 when it is refused.
    """
    if not (yes or to or sys.stdin.isatty()):
        raise CommandError("Nobody is here to be asked: say --yes, or --to with the release.", USAGE)
    plan, releases = plan_back(access, bot, wish("rollback", target, to_release=to))
    then = plan["to_release"]
    print("\n".join(_lines(releases, plan, access.named(bot))), file=sys.stderr, flush=True)
    _refuse_hopeless(plan)
    if sys.stdin.isatty() and not yes and not plan["nothing_to_do"]:
        typer.confirm(f"Roll {target} back to release {then}?", abort=True, err=True)
    asked = {"mode": "rollback", "target": target, "plan": plan["id"]}
    publication = publish_bot(access, bot, asked, notes)
    lines = publication_lines({**publication, "findings": []}, access.named(bot))
    access.answer(publication, lambda: print("\n".join(lines)))


def _lines(releases: Sequence[Release], plan: Mapping[str, Any], bot: str) -> list[str]:
    now, then = (numbered(releases, number) for number in ((plan["base"] or {}).get("number"), plan["to_release"]))
    changes = [f"  {line}" for line in change_lines(plan["changes"])]
    return [
        f"From {release_words(now)}" if now else f"From nothing: {plan['target']} does not serve it",
        *([f"to   {release_words(then)}."] if then else []),
        *(["What would change:", *changes] if now and changes else []),
        *finding_lines(plan["findings"], bot),
    ]


def _refuse_hopeless(plan: Mapping[str, Any]) -> None:
    if not plan["publishable"] and not plan["nothing_to_do"]:
        raise CommandError("publication_refused: nothing was rolled back.", REFUSED, problem=plan)
