"""`greenroom import`: from disk into draft."""

from collections.abc import Iterable, Mapping
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
    try:
        report = import_path(access, path, bot, mode)
    except CommandError as error:
        _show_refused(error.problem.get("refused", ()))
        raise
    refused = report["refused"]
    if refused:
        if not access.as_json:
            _show(report)
        _show_refused(refused)
        raise CommandError(f"{_count(report)} refused; {_rest(report)}.", REFUSED, problem=report)
    access.answer(report, lambda: _show(report))


def _show_refused(refused: Iterable[Mapping[str, Any]]) -> None:
    rows = [[found["line"], found["code"], found["detail"]] for found in refused]
    if rows:
        show_table(("line", "code", "detail"), rows, on_error_output=True)


def _count(report: Mapping[str, Any]) -> str:
    """An export of another platform is counted in expressions."""
    noun = "expression" if report.get("format") in {"rasa", "dialogflow"} else "line"
    count = len(report["refused"])
    return f"1 {noun} was" if count == 1 else f"{count} {noun}s were"


def _rest(report: Mapping[str, Any]) -> str:
    if report["added"]:
        return "the others went in"
    return "the others were there already" if report["skipped"] else "no expression went in"


def _show(report: dict[str, Any]) -> None:
    made = "created" if report["created"] else "was there already"
    print(f"{report['name']} ({report['bot']}) {made}.")
    print(f"Expressions: {report['added']} added, {report['skipped']} skipped, {len(report['refused'])} refused.")
    if report.get("entities"):
        print(f"Entities: {', '.join(report['entities'])}.")
    if report["flows"]:
        print(f"Flows: {report['flows']} written.")
    for warned in report.get("warnings", ()):
        print(f"Warning: {warned['code']}: {warned['detail']}")
    _show_lost(report.get("not_carried", []))
    if report.get("snapshot"):
        print(f"What was there before is kept as snapshot {report['snapshot']}.")


def _show_lost(lost: list[dict[str, str]]) -> None:
    if lost:
        print("Not carried over:")
        show_table(("what", "why"), ([found["what"], found["why"]] for found in lost))
