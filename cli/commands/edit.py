"""`greenroom edit`: one flow, in draft, or in live where it cannot wait."""

import sys
from pathlib import Path
from typing import Annotated, Any

import click
import typer

from cli.access import Access, connected
from cli.flow_text import change_of_text, from_text, ordered_like, to_text
from cli.outcome import USAGE, CommandError
from cli.peer import Peer
from cli.tables import show_table
from cli.wishes import Target


@connected
def edit(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    flow: Annotated[str | None, typer.Argument(help="Its id; without it, the flows are listed.")] = None,
    target: Annotated[
        Target | None, typer.Option(help="A quick fix there: `--target live`. Draft, unless said.")
    ] = None,
    file: Annotated[
        typer.FileText | None, typer.Option(help="The flow as JSON, `-` for standard input; else an editor opens.")
    ] = None,
    notes: Annotated[str | None, typer.Option(help="Why; kept with the release that a fix in live makes.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Change a flow. A fix in live is a release of its own, and `greenroom pull` brings it home."""
    peer, where = (access.target(target), target) if target else (access.draft, "draft")
    if flow is None:
        flows = peer.items("bots", bot, "flows")
        access.answer({"items": flows}, lambda: _list(flows))
        return
    found, seen = _found(peer, bot, flow)
    intents = _intents(peer, bot, where)
    before = to_text(found, intents)
    after = file.read() if file else _edited(before)
    body = from_text(after)
    changed = ordered_like({"blocks": [], **body}, from_text(before))
    changes = change_of_text(before, to_text(changed, intents))
    print("\n".join(changes or ["Nothing changed."]), file=sys.stderr, flush=True)
    if not changes:
        return
    if target:
        _confirm(where, yes)
    headers = seen | (_signed(notes) if target else {})
    written = _written(peer, (bot, flow), body, headers, after)
    access.answer(written, lambda: print(_done(access, bot, flow, target)))


def _list(flows: list[dict[str, Any]]) -> None:
    show_table(("flow", "name", "blocks"), [(flow["id"], flow["name"], str(len(flow["blocks"]))) for flow in flows])


def _found(peer: Peer, bot: str, flow: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """With the header that keeps somebody else's change from being overwritten; a new flow starts with one block."""
    try:
        found, tag = peer.read("bots", bot, "flows", flow)
    except CommandError as error:
        if error.problem["code"] != "not_found":
            raise
        first = {"id": flow, "kind": "message", "messages": [{"text": ""}]}
        return {"name": flow, "blocks": [first]}, {}
    return found, {"If-Match": tag.encode()}


def _intents(peer: Peer, bot: str, where: str) -> dict[str, str]:
    if where != "draft":
        return dict(peer.get("bots", bot, "release")["intents"])
    return {row["id"]: row["name"] for row in peer.items("bots", bot, "intents")}


def _edited(before: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError("Nobody is here to edit: give the flow with --file.", USAGE)
    return click.edit(before, extension=".json") or before


def _confirm(where: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"This changes {where}, and nobody is here to be asked: say --yes.", USAGE)
    typer.confirm(f"People are answered with this at once. Write it to {where}?", abort=True, err=True)


def _signed(notes: str | None) -> dict[str, bytes]:
    return {"Live-Edit": b"confirmed", **({"Live-Edit-Notes": notes.encode()} if notes else {})}


def _written(peer: Peer, at: tuple[str, str], body: dict[str, Any], headers: dict[str, bytes], text: str) -> Any:
    """What was typed is not lost when it is refused."""
    bot, flow = at
    try:
        return peer.put("bots", bot, "flows", flow, body=body, headers=headers)
    except CommandError:
        kept = Path(f"{flow}.json".replace("/", "_"))
        if sys.stdin.isatty():
            kept.write_text(text)
            print(f"What you wrote is in {kept}: change it, and give it with --file.", file=sys.stderr)
        raise


def _done(access: Access, bot: str, flow: str, target: str | None) -> str:
    if target is None:
        return f"Draft has it. To publish this flow alone: {access.command('publish', bot, '--flow', flow)}"
    home = f" Bring it home: {access.command('pull', bot)}" if target == "live" else ""
    return f"{target.capitalize()} answers with it now.{home}"
