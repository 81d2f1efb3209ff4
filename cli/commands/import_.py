"""`greenroom import`: from disk into draft."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.importing import import_path
from cli.outcome import REFUSED, CommandError
from cli.tables import show_table

_WHAT = """A folder (bot.json, nlp.csv, flows.json), .csv, .jsonl, or a bundle; a Rasa project or .yml file; a
Dialogflow agent, as zip or folder."""


@connected
def import_(
    access: Access,
    path: Annotated[Path, typer.Argument(help=_WHAT)],
    bot: Annotated[str | None, typer.Option(help="The bot to import into, by name or id.")] = None,
    mode: Annotated[Literal["merge", "replace"], typer.Option(help="What happens to the expressions there.")] = "merge",
) -> None:
    """Bring a bot, or expressions for one, into draft; also from another platform."""
    report = import_path(access, path, bot, mode)
    refused = report["refused"]
    if refused:
        if not access.as_json:
            _show(report)
        show_table(("line", "code", "detail"), ([r["line"], r["code"], r["detail"]] for r in refused), True)
        raise CommandError(f"{_lines(len(refused))} refused; the others went in.", REFUSED, problem=report)
    access.answer(report, lambda: _show(report))


def _show(report: dict[str, Any]) -> None:
    made = "created" if report["created"] else "was there already"
    print(f"{report['name']} ({report['bot']}) {made}.")
    print(f"Expressions: {report['added']} added, {report['skipped']} skipped, {len(report['refused'])} refused.")
    if report.get("entities"):
        print(f"Entities: {', '.join(report['entities'])}.")
    if report["flows"]:
        print(f"Flows: {report['flows']} written.")
    _show_lost(report.get("not_carried", []))
    if report.get("snapshot"):
        print(f"What was there before is kept as snapshot {report['snapshot']}.")


def _show_lost(lost: list[dict[str, str]]) -> None:
    if lost:
        print("Not carried over:")
        show_table(("what", "why"), ([found["what"], found["why"]] for found in lost))


def _lines(count: int) -> str:
    return "1 line was" if count == 1 else f"{count} lines were"
