"""Publishing a bot: asked, followed, ended one way or the other."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from cli.access import Access
from cli.findings import finding_lines
from cli.following import finish
from cli.outcome import ERROR, REFUSED, CommandError
from cli.problems import next_step

DRAFT_MOVED = "Draft was edited meanwhile; those edits are not in this release."


def publish_bot(
    access: Access,
    bot: str,
    wish: Mapping[str, Any],
    notes: str | None = None,
    train: bool = False,
    accept: Sequence[str] = (),
) -> dict[str, Any]:
    """The publication as it ended, live; `id` is None when there was nothing to do.

    Raises CommandError, with exit code 3 and the findings when it was refused.
    """
    body = dict(wish)
    body |= {"notes": notes} if notes else {}
    body |= {"train": "if_needed"} if train else {}
    body |= {"accept": list(accept)} if accept else {}
    started = access.publisher.post("bots", bot, "publications", body=body)
    nothing_to_do = started["id"] is None
    label = "Rolling back" if wish["mode"] == "rollback" else "Publishing"
    publication = dict(started if nothing_to_do else finish(access.publisher, "publications", started, label))
    if publication["status"] != "live":
        raise _not_live(publication)
    return publication


def planned_wish(access: Access, plan: str) -> dict[str, Any]:
    """What publishes a plan: as it was shown, whatever draft became since, which is said on standard error."""
    found = access.publisher.get("plans", plan)
    if found["draft_moved"]:
        print("Draft was edited since the plan was made; those edits stay out.", file=sys.stderr, flush=True)
    return {"mode": found["mode"], "target": found["target"], "plan": found["id"]}


def publication_lines(publication: Mapping[str, Any], bot: str) -> list[str]:
    number, digest = publication["release"], publication["release_digest"]
    where = publication.get("target") or "live"
    if publication["id"] is None:
        return [f"Nothing to do: release {number} ({digest}) is this very bot."]
    return [
        *finding_lines(publication["findings"], bot),
        f"Release {number} is live: {digest}" if where == "live" else f"Release {number} is in the {where}: {digest}",
        f"It answers at {publication['live_url']}.",
        *([DRAFT_MOVED] if publication.get("draft_moved") else []),
    ]


def _not_live(publication: Mapping[str, Any]) -> CommandError:
    """A refusal tells its findings; what failed tells why."""
    findings = publication.get("findings") or []
    if publication["status"] == "refused":
        return CommandError("publication_refused: nothing was published.", REFUSED, None, publication, findings)
    error = publication.get("error") or {}
    detail = error.get("detail") or f"publication {publication['id']} ended as {publication['status']}"
    code = error.get("code", f"publication_{publication['status']}")
    return CommandError(f"{code}: {detail}", ERROR, next_step([code]), publication, findings)
