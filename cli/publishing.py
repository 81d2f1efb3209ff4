"""Publishing a bot: asked, followed, ended one way or the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.access import Access
from cli.following import finish
from cli.outcome import ERROR, REFUSED, CommandError
from cli.problems import next_step


def publish_bot(
    access: Access, bot: str, mode: str, notes: str | None = None, train: bool = False, accept: Sequence[str] = ()
) -> dict[str, Any]:
    """The publication as it ended, live; `id` is None when there was nothing to do.

    Raises CommandError, with exit code 3 and the findings when it was refused.
    """
    body: dict[str, Any] = {"mode": mode}
    body |= {"notes": notes} if notes else {}
    body |= {"train": "if_needed"} if train else {}
    body |= {"accept": list(accept)} if accept else {}
    started = access.publisher.post("bots", bot, "publications", body=body)
    nothing_to_do = started["id"] is None
    publication = dict(started if nothing_to_do else finish(access.publisher, "publications", started, "Publishing"))
    if publication["status"] != "live":
        raise _not_live(publication)
    return publication


def _not_live(publication: Mapping[str, Any]) -> CommandError:
    """A refusal tells its findings; what failed tells why."""
    findings = publication.get("findings") or []
    if publication["status"] == "refused":
        codes = [finding["code"] for finding in findings]
        message = "publication_refused: nothing was published."
        return CommandError(message, REFUSED, next_step(codes), publication, findings)
    error = publication.get("error") or {}
    detail = error.get("detail") or f"publication {publication['id']} ended as {publication['status']}"
    code = error.get("code", f"publication_{publication['status']}")
    return CommandError(f"{code}: {detail}", ERROR, next_step([code]), publication, findings)
