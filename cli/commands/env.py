"""`greenroom env`: the values that a bot finds in one environment, and in no other."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.outcome import USAGE, CommandError
from cli.peer import Peer
from cli.tables import show_table
from cli.wishes import Target

Values = dict[str, Any]


@connected
def env(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    change: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help="A text; NAME:=VALUE for a number, true or false.")
    ] = None,
    unset: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Take this value away.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Those of draft instead of live.")] = False,
    target: Annotated[Target | None, typer.Option(help="Live, unless said, or the preview.")] = None,
) -> None:
    """Show or change the `env` values of a bot. They stay where they are set: a publication never carries them."""
    if draft and target:
        raise CommandError("Draft, or a target: not both.", USAGE)
    wanted = dict(map(parse_value, change or ()))
    peer, where = (access.draft, "draft") if draft else (access.target(target or "live"), target or "live")
    bot_id, values = _draft(peer, bot) if draft else _found(access, peer, bot)
    if wanted or unset:
        values = changed(values, wanted, unset or ())
        values = peer.patch("bots", bot_id, body={"env": values})["env"]
    document = {"bot": bot, "environment": where, "env": values}
    access.answer(document, lambda: _show(where, values))


def parse_value(text: str) -> tuple[str, Any]:
    """`NAME=text`, or `NAME:=` a number, true or false. Raises CommandError."""
    name, joint, value = text.partition("=")
    if not joint or not name.rstrip(":"):
        raise CommandError(f"{text!r} is not NAME=VALUE.", USAGE)
    if not name.endswith(":"):
        return name, value
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = None
    if not isinstance(parsed, (int, float)):
        raise CommandError(f"{text!r}: after := comes a number, true or false.", USAGE)
    return name[:-1], parsed


def changed(before: Values, wanted: Values, unset: Sequence[str]) -> Values:
    """Raises CommandError for a name that is not there to be taken away."""
    unknown = sorted(set(unset) - before.keys())
    if unknown:
        raise CommandError(f"There is no value {', '.join(unknown)} to take away.")
    return {name: value for name, value in before.items() if name not in unset} | wanted


def _draft(draft: Peer, bot: str) -> tuple[str, Values]:
    found = draft.get("bots", bot)
    return found["id"], dict(found["env"])


def _found(access: Access, live: Peer, bot: str) -> tuple[str, Values]:
    """Live knows a bot that was never published by its id alone, and draft knows which that is.

    What draft does not know may still be live; raises CommandError for what neither knows.
    """
    bot_id, unknown = bot, None
    try:
        bot_id = access.draft.get("bots", bot)["id"]
    except CommandError as error:
        unknown = error
    try:
        return bot_id, dict(live.get("bots", bot_id)["env"])
    except CommandError as error:
        if error.problem["code"] != "never_published":
            raise
        if unknown:
            raise unknown from None
        return bot_id, {}


def _show(where: str, values: Values) -> None:
    if not values:
        print(f"The bot has no values in {where}.")
        return
    rows = ((name, value if isinstance(value, str) else json.dumps(value)) for name, value in sorted(values.items()))
    show_table((f"name in {where}", "value"), rows)
