"""`greenroom status`: what is live, what is not yet, what is in the way, what runs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.failing import show_findings
from cli.progress import step_line


@connected
def status(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Show where a bot stands between draft and live."""
    found = access.publisher.get("bots", bot, "status")
    nlp = access.draft.get("bots", bot, "nlp")["languages"]
    document = {**found, "nlp": nlp}
    access.answer(document, lambda: _show(document))


def _show(document: Mapping[str, Any]) -> None:
    live, running = document["live"], document["running"]
    print(f"live: release {live['number']} ({live['digest']})" if live else "live: never published")
    for language, state in document["nlp"].items():
        print(f"nlp {language}: {state['status'].replace('_', ' ')}")
    changes = change_lines(document["unpublished"])
    print("\n".join(["unpublished:", *(f"  {line}" for line in changes)]) if changes else "unpublished: nothing")
    if running:
        print(f"running: publication {running['id']}, {running['percent']:.0f} %, {step_line(running)}")
    if document["findings"]:
        show_findings(document["findings"])


def change_lines(changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each part of the bot and way it changed: `intents added: refund, late_train`."""
    return [
        f"{part} {way}: {_names(items)}"
        for part, ways in changes.items()
        if isinstance(ways, Mapping)
        for way, items in ways.items()
        if items
    ]


def _names(items: list[Any], most: int = 8) -> str:
    shown = [_name(item) for item in items[:most]]
    return ", ".join(shown) + (f" and {len(items) - most} more" if len(items) > most else "")


def _name(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    return f"{item['before']} -> {item['after']}" if "before" in item else str(item.get("name") or item.get("id"))
