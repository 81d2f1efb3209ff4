"""`greenroom classify`: what a bot makes of sentences."""

import json
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
    show_table(
        ("text", "intent", "confidence", "scope", "entities", ""), (_row(result) for result in answer["results"])
    )
    if "release" in answer:
        print(f"{where}, release {answer['release']} ({answer['release_digest']})")


def _row(result: dict[str, Any]) -> tuple[Any, ...]:
    best = result["intent"] or next(iter(result["ranking"]), None)
    name = best["name"] if best and result["understood"] else f"not understood ({best['name'] if best else 'nothing'})"
    confidence = f"{best['confidence']:.3f}" if best else None
    scope = f"{result['scope']:.3f}" if result.get("scope") is not None else None
    entities = ", ".join(f"{found['entity']}={_written(found['value'])}" for found in result.get("entities", ()))
    return result["text"], name, confidence, scope, entities or None, result.get("reason")


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
