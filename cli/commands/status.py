"""`greenroom status`: what is live, what is not yet, what is in the way, what runs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.access import Access, connected
from cli.changes import change_lines
from cli.findings import finding_lines
from cli.outcome import CommandError
from cli.planning import drift_words
from cli.progress import step_line
from cli.releasing import releases_of


@connected
def status(access: Access, bot: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """Show where a bot stands between draft and live."""
    found = access.publisher.get("bots", bot, "status")
    document = {**found, **_nlp(access, bot, found), "taken_off": _taken_off(access, bot, found)}
    access.answer(document, lambda: print("\n".join(_lines(document, access.named(bot)))))


def _lines(document: Mapping[str, Any], bot: str) -> list[str]:
    lines = [_served("live", document, bot)]
    if document.get("preview_away"):
        lines.append(f"preview: not known, {document['preview_away']}")
    elif document.get("preview_url"):
        lines.append(f"{_served('preview', document, bot)} at {document['preview_url']}")
    if not document.get("in_draft", True):
        lines.append("draft: deleted there; take it off live with greenroom unpublish")
    lines += [f"nlp {language}: {state['status'].replace('_', ' ')}" for language, state in document["nlp"].items()]
    lines += [f"nlp: not known, {document['nlp_unknown']}"] if document["nlp_unknown"] else []
    lines += _listed("unpublished", change_lines(document["unpublished"]), "nothing")
    lines += _listed("live edits that draft lacks", [drift_words(edit) for edit in document["live_edits"]])
    for what in ("running", "preview_running"):
        if running := document.get(what):
            where = f"{what.replace('_', ' ')}: publication {running['id']}"
            lines.append(f"{where}, {running['percent']:.0f} %, {step_line(running)}")
    return [*lines, *finding_lines(document["findings"], bot)]


def _nlp(access: Access, bot: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """What draft says of it, where it is there and the key is good for it: the publisher knows all the rest."""
    if not found.get("in_draft", True):
        return {"nlp": {}, "nlp_unknown": None}
    try:
        return {"nlp": access.draft.get("bots", bot, "nlp")["languages"], "nlp_unknown": None}
    except CommandError as error:
        return {"nlp": {}, "nlp_unknown": error.message}


def _taken_off(access: Access, bot: str, found: Mapping[str, Any]) -> dict[str, int]:
    """By target, the release that was served last where nothing is served any more."""
    previewed = found.get("preview_url") and not found.get("preview_away")
    targets = ["live", *(["preview"] if previewed else [])]
    last = {target: releases_of(access, bot, target, most=1) for target in targets if found.get(target) is None}
    return {target: releases[0]["number"] for target, releases in last.items() if releases}


def _served(target: str, document: Mapping[str, Any], bot: str) -> str:
    if pointer := document[target]:
        return f"{target}: release {pointer['number']} ({pointer['digest']})"
    if number := document["taken_off"].get(target):
        to = "" if target == "live" else f" --target {target}"
        return f"{target}: nothing; release {number} was taken off (greenroom rollback {bot}{to} brings it back)"
    return f"{target}: never published"


def _listed(title: str, items: list[str], nothing: str | None = None) -> list[str]:
    if items:
        return [f"{title}:", *(f"  {item}" for item in items)]
    return [f"{title}: {nothing}"] if nothing else []
