"""`greenroom plan`: what a publication would do, before anybody does it."""

from typing import Annotated

import typer

from cli.access import Access, connected
from cli.going_back import plan_back
from cli.outcome import REFUSED
from cli.planning import make_plan, plan_lines, with_impact
from cli.wishes import OfFlows, OfLanguages, OfMode, OfTarget, wish


@connected
def plan(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    mode: OfMode = None,
    flow: OfFlows = None,
    language: OfLanguages = None,
    to: Annotated[
        int | None, typer.Option(help="The release that a rollback goes to; the one before, unless said.")
    ] = None,
    target: OfTarget = "live",
) -> None:
    """Show what a publication would change and what stands in its way; nothing goes live.

    Exit code 0 when it can be published or there is nothing to do, 3 when something stands in the way.
    """
    asked = wish(mode, target, flow, language, to)
    back = asked["mode"] == "rollback" and to is None
    plan = plan_back(access, bot, asked)[0] if back else make_plan(access, bot, asked)
    made = with_impact(access, plan)
    access.answer(made, lambda: print("\n".join(plan_lines(access, bot, made))))
    if not made["publishable"] and not made["nothing_to_do"]:
        raise typer.Exit(REFUSED)
