"""`greenroom status`: what is live, what is not yet, what is in the way, what runs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.changes import change_lines
from cli.findings import finding_lines
from cli.planning import drift_words
from cli.progress import step_line


@connected
def status(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Show where a bot stands between draft and live."""
    found = access.publisher.get("bots", bot, "status")
    nlp = access.draft.get("bots", bot, "nlp")["languages"] if found.get("in_draft", True) else {}
    document = {**found, "nlp": nlp}
    access.answer(document, lambda: print("\n".join(_lines(document, access.named(bot)))))


def _lines(document: Mapping[str, Any], bot: str) -> list[str]:
    lines = [_served("live", document["live"])]
    if document.get("preview_url"):
        lines.append(f"{_served('preview', document['preview'])} at {document['preview_url']}")
    if not document.get("in_draft", True):
        lines.append("draft: deleted there; take it off live with greenroom unpublish")
    lines += [f"nlp {language}: {state['status'].replace('_', ' ')}" for language, state in document["nlp"].items()]
    lines += _listed("unpublished", change_lines(document["unpublished"]), "nothing")
    lines += _listed("live edits that draft lacks", [drift_words(edit) for edit in document["live_edits"]])
    if running := document["running"]:
        lines.append(f"running: publication {running['id']}, {running['percent']:.0f} %, {step_line(running)}")
    return [*lines, *finding_lines(document["findings"], bot)]


def _served(target: str, pointer: Mapping[str, Any] | None) -> str:
    return f"{target}: release {pointer['number']} ({pointer['digest']})" if pointer else f"{target}: never published"


def _listed(title: str, items: list[str], nothing: str | None = None) -> list[str]:
    if items:
        return [f"{title}:", *(f"  {item}" for item in items)]
    return [f"{title}: {nothing}"] if nothing else []
