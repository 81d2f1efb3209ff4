"""`greenroom approve`: a second pair of eyes on a plan."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from shared.counting import counted


@connected
def approve(access: Access, plan: Annotated[str, typer.Argument(help="The id of the plan.")]) -> None:
    """Approve a plan that somebody else made. Each key counts once."""
    approved = access.publisher.post("plans", plan, "approve")
    access.answer(approved, lambda: print("\n".join(_lines(access, approved))))


def _lines(access: Access, plan: Mapping[str, Any]) -> list[str]:
    given, needed = len(plan["approvals"]), plan["approvals_needed"]
    wanted = counted(needed, "approval", "approvals")
    lines = [f"Plan {plan['id']} has {given} of {wanted}: {', '.join(_who(plan)) or 'nobody yet'}."]
    if plan["stale"]:
        return [*lines, f"It is stale: {plan['target']} has moved since. Make a new one."]
    if plan["publishable"]:
        return [*lines, f"Next: {access.command('publish', plan['bot'], '--plan', plan['id'])}"]
    return lines


def _who(plan: Mapping[str, Any]) -> list[str]:
    return [approval["author"] for approval in plan["approvals"]]
