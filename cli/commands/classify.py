"""`greenroom classify`: what a bot makes of sentences."""

import sys
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.asking import classify_all
from cli.tables import show_table
from cli.wishes import OfTarget


@connected
def classify(
    access: Access,
    bot: Annotated[str, typer.Argument(help="Its name or id.")],
    text: Annotated[list[str], typer.Argument(help="Sentences; - reads them from standard input, one a line.")],
    draft: Annotated[bool, typer.Option("--draft", help="Ask draft instead of live.")] = False,
    language: Annotated[str | None, typer.Option(help="The bot's first, unless said.")] = None,
    target: OfTarget = "live",
) -> None:
    """Classify sentences in live (or draft, or the preview)."""
    texts = [line.rstrip("\n") for line in sys.stdin if line.strip()] if text == ["-"] else text
    answer = classify_all(access.draft if draft else access.target(target), bot, texts, language)
    access.answer(answer, lambda: _show(answer, target.upper()))


def _show(answer: dict[str, Any], where: str) -> None:
    show_table(("text", "intent", "confidence", "scope", ""), (_row(result) for result in answer["results"]))
    if "release" in answer:
        print(f"{where}, release {answer['release']} ({answer['release_digest']})")


def _row(result: dict[str, Any]) -> tuple[Any, ...]:
    best = result["intent"] or next(iter(result["ranking"]), None)
    name = best["name"] if best and result["understood"] else f"not understood ({best['name'] if best else 'nothing'})"
    confidence = f"{best['confidence']:.3f}" if best else None
    scope = f"{result['scope']:.3f}" if result.get("scope") is not None else None
    return result["text"], name, confidence, scope, result.get("reason")
