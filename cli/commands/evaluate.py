"""`greenroom evaluate`: how good a trained bot is, and what would make it better."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.evaluating import (
    accuracy_line,
    advice_lines,
    asks_nobody,
    brief,
    change_line,
    change_lines,
    confidence_line,
    threshold_rows,
)
from cli.outcome import CommandError
from cli.tables import show_table

_ADVICE, _ROWS, _THIN = 5, 8, 12

Found = Mapping[str, Any]


@connected
def evaluate(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    language: Annotated[str | None, typer.Option(help="The bot's first, unless said.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report with its pictures into this file.")] = None,
) -> None:
    """Show how well a bot understands, what it confuses, and what to do next."""
    asked = {"language": language} if language else {}
    found = access.draft.get("bots", bot, "evaluation", **asked)
    if html:
        _save(html, access.draft.text("bots", bot, "evaluation", "report", **asked))
        found = {**found, "report": str(html)}
    again = access.command("evaluate", bot, "--html", "report.html")
    access.answer(found, lambda: _show(found, again))


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The report cannot be written to {path}: {error.strerror}.") from None


def _show(found: Found, again: str) -> None:
    evaluation = found["evaluation"]
    print(accuracy_line(found))
    print(f"    {change_line(found['change'])}; {confidence_line(found)}")
    for line in change_lines(found["change"]):
        print(f"    {line}")
    others = [spoken for spoken in found.get("languages", ()) if spoken != found["language"]]
    if others:
        print(f"    of this language alone; the bot also speaks {', '.join(others)}: --language {others[0]}")
    _show_advice(found)
    _show_confusions(evaluation)
    _show_suspects(evaluation)
    _show_doubles(evaluation)
    _show_thin(evaluation)
    if found["thresholds"]:
        print("\nThresholds, and what becomes of messages with the one suggested (- where none is better):")
        names, *rows = threshold_rows(found["thresholds"])
        show_table(names, rows)
        if asks_nobody(found):
            print("A margin needs a did_you_mean block to ask with, which the bot does not have.")
    print(f"\nThe report is in {found['report']}." if "report" in found else f"\nAll of it, with pictures: {again}")


def _show_advice(found: Found) -> None:
    print("\nWhat to do next:")
    for line in advice_lines(found["advice"], _ADVICE) or ["Nothing stands out. Look into the inbox."]:
        print(f"  {line}")


def _show_confusions(evaluation: Found) -> None:
    rows = [
        (
            c["intent"]["name"],
            c["taken_for"]["name"],
            c["count"],
            next((brief(m["text"]) for m in c["expressions"]), None),
        )
        for c in evaluation["confusions"][:_ROWS]
    ]
    _table("Confusions, the most frequent first:", ("intent", "taken for", "times", "for example"), rows)


def _show_suspects(evaluation: Found) -> None:
    rows = [
        (brief(s["text"]), s["intent"]["name"], s["likely"]["name"], f"{s['confidence']:.0%}")
        for s in evaluation["suspects"][:_ROWS]
    ]
    title = f"Likely under the wrong intent, {evaluation['suspect_count']} in all:"
    _table(title, ("expression", "stands under", "looks like", "sure"), rows)


def _show_doubles(evaluation: Found) -> None:
    rows = [
        (brief(d["text"]), d["intent"]["name"], brief(d["other_text"]), d["other_intent"]["name"])
        for d in evaluation["near_duplicates"][:_ROWS]
    ]
    title = f"Almost the same under two intents, {evaluation['near_duplicate_count']} pairs in all:"
    _table(title, ("expression", "intent", "and", "intent"), rows)


def _show_thin(evaluation: Found) -> None:
    thin = [f"{intent['name']} ({intent['expressions']})" for intent in evaluation["thin_intents"][:_THIN]]
    if thin:
        more = evaluation["thin_count"] - len(thin)
        print(f"\nFewer than 10 expressions: {', '.join(thin)}{f' and {more} more' if more > 0 else ''}.")


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        print(f"\n{title}")
        show_table(columns, rows)
