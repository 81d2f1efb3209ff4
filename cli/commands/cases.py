"""`greenroom cases`: what must stay understood, tried in draft and at every publication."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.outcome import REFUSED, USAGE, CommandError
from cli.tables import show_table
from shared.counting import counted


@connected
def cases(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    add: Annotated[str | None, typer.Option(help="A sentence that must be understood as --intent.")] = None,
    intent: Annotated[str | None, typer.Option(help="Its intent; without one it must not be understood.")] = None,
    reply: Annotated[
        list[str] | None, typer.Option(help="What must be answered to it; several in their order.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the case is called; the sentence, unless said.")] = None,
    remove: Annotated[str | None, typer.Option(help="Take the case of this name away.")] = None,
) -> None:
    """Run a bot's regression cases on draft, or add or remove one. Exit code 3 when one fails."""
    if add is None and (intent or reply or name):
        raise CommandError("What is the sentence? Give it with --add.", USAGE)
    if remove is not None:
        access.draft.delete("bots", bot, "cases", remove)
        access.answer({"removed": remove}, lambda: print(f"Removed {remove!r}."))
    elif add is not None:
        kept = access.draft.put("bots", bot, "cases", name or add[:200], body=_case(add, intent, reply))
        access.answer(kept, lambda: print(f"Kept as {kept['name']!r}; greenroom cases {access.named(bot)} runs it."))
    else:
        _run(access, bot)


def _case(text: str, intent: str | None, replies: list[str] | None) -> dict[str, Any]:
    if not replies:
        return {"text": text, "intent": intent}
    step = {"text": text, "replies": replies, **({"intent": intent} if intent else {})}
    return {"steps": [step]}


def _run(access: Access, bot: str) -> None:
    found = access.draft.post("bots", bot, "cases", "run")
    if not found["failed"]:
        access.answer(found, lambda: _show(found))
        return
    if not access.as_json:
        _show(found)
    # For a script the results are what the failure prints.
    raise CommandError(
        f"Of {counted(len(found['results']), 'case', 'cases')}, {counted(found['failed'], 'fails', 'fail')}.",
        REFUSED,
        problem=found,
    )


def _show(found: Mapping[str, Any]) -> None:
    rows = [
        (result["case"], d["step"], d["what"], _words(d["expected"]), _words(d["found"]))
        for result in found["results"]
        for d in result["differences"]
    ]
    if rows:
        show_table(("case", "step", "what", "expected", "found"), rows)
    print(f"{found['passed']} passed, {found['failed']} failed.")


def _words(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
