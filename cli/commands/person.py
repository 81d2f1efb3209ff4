"""`greenroom person`: what is known of one person, exported or erased everywhere."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from cli.access import Access, connected
from cli.following import failure, finish
from cli.outcome import USAGE, CommandError
from shared.counting import counted


@connected
def person(
    access: Access,
    what: Annotated[Literal["export", "erase"], typer.Argument(help="Tell everything, or make it go.")],
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    user: Annotated[str, typer.Argument(help="Who, as the channel calls them.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Export or erase what live, the preview and draft's inbox hold of a person."""
    body = {"bot": bot, "user": user}
    if what == "export":
        print(json.dumps(access.publisher.post("exports", body=body), ensure_ascii=False, indent=2))
        return
    if not (yes or sys.stdin.isatty()):
        raise CommandError("Nobody is here to be asked: say --yes.", USAGE)
    if not yes:
        typer.confirm(f"Erase everything that {bot} knows of {user}?", abort=True, err=True)
    asked = access.publisher.post("erasures", body=body)
    done = finish(access.publisher, "erasures", asked, "Erasing")
    if done["status"] != "succeeded":
        raise CommandError(f"erasure_failed: {failure(done)}", problem=done)
    access.answer(done, lambda: print("\n".join(_lines(done["report"]))))


def _lines(report: Mapping[str, Any]) -> list[str]:
    there = [(name, report[name]) for name in ("live", "preview") if report.get(name)]
    lines = [f"{name}: {_messages(found)} in {_conversations(found)}" for name, found in there]
    lines.append(f"draft's inbox: {_messages(report['draft'])}")
    if report["expressions"]:
        lines.append("Expressions that were accepted from them, for you to decide about:")
        lines += [f"  {one['id']} ({one['language']}) of intent {one['intent']}" for one in report["expressions"]]
    if report["trained_on_erased"]:
        lines.append(f"Models that were trained on these: {', '.join(report['trained_on_erased'])}")
    return lines


def _messages(found: Mapping[str, Any]) -> str:
    return counted(found["messages"], "message", "messages")


def _conversations(found: Mapping[str, Any]) -> str:
    return counted(found["conversations"], "conversation", "conversations")
