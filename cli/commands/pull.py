"""`greenroom pull`: live's edits come home into draft."""

import sys
from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.clashes import clash_lines
from cli.outcome import REFUSED, CommandError
from cli.planning import drift_words


@connected
def pull(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    item: Annotated[
        list[str] | None, typer.Option(help="Only this one, `flow:ID` or `setting:NAME`; may be given several times.")
    ] = None,
    prefer: Annotated[
        Literal["live", "draft"] | None, typer.Option(help="Whose change stays where both changed the same.")
    ] = None,
) -> None:
    """Merge what was edited in live into draft, block by block. Exit code 3 when both changed the same differently."""
    body: dict[str, Any] = {"items": item} if item else {}
    body |= {"prefer": prefer} if prefer else {}
    try:
        pulled = access.publisher.post("bots", bot, "drift", "pull", body=body)
    except CommandError as error:
        raise _clashing(error) if error.problem["code"] == "drift_conflict" else error from None
    document = {**pulled, "undo": access.command("undo", bot, pulled["snapshot"]) if pulled["snapshot"] else None}
    access.answer(document, lambda: print("\n".join(_lines(document))))


def _lines(pulled: dict[str, Any]) -> list[str]:
    if not pulled["items"]:
        return ["Nothing to pull: draft has every edit of live."]
    lines = [f"  {drift_words(item)}" for item in pulled["items"]]
    if pulled["snapshot"] is None:
        return ["Settled, and nothing had to be written; draft stays as it is:", *lines]
    return [
        "Pulled into draft:",
        *lines,
        f"What draft was before is snapshot {pulled['snapshot']}. To undo: {pulled['undo']}",
    ]


def _clashing(error: CommandError) -> CommandError:
    """With the clashes told on standard error; nothing was written."""
    clashes = error.problem.get("clashes") or []
    print("\n".join(clash_lines(clashes)), file=sys.stderr)
    return CommandError(
        "drift_conflict: changed differently in draft and in live; nothing was pulled.",
        REFUSED,
        hint="Take one side: greenroom pull BOT --prefer live (or draft), one --item at a time if need be.",
        problem=error.problem,
    )
