"""The releases of a bot, as a person names them."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.access import Access
from cli.outcome import CommandError

Release = Mapping[str, Any]


def releases_of(access: Access, bot: str, target: str = "live", most: int | None = None) -> list[Any]:
    """Newest first: the first one is served."""
    return access.publisher.items("bots", bot, "releases", most=most, target=target)


def served(releases: Sequence[Release], bot: str) -> Release:
    """Raises CommandError `never_published`."""
    if not releases:
        detail = f"Nothing of {bot!r} is live."
        problem = {"code": "never_published", "detail": detail}
        hint = "greenroom plan BOT shows what the first publication would bring."
        raise CommandError(f"never_published: {detail}", hint=hint, problem=problem)
    return releases[0]


def release_words(release: Release) -> str:
    """`release 7 (publication by ada, 2026-10-12 08:00, "Dogs")`"""
    back = f" to {release['rollback_of']}" if release.get("rollback_of") else ""
    notes = f', "{release["notes"]}"' if release.get("notes") else ""
    origin = str(release["origin"]).replace("_", " ")
    said = f"{origin}{back} by {release['author']}, {moment(release['activated_at'])}{notes}"
    return f"release {release['number']} ({said})"


def short(digest: str) -> str:
    """Enough of it to tell releases apart in a table; JSON has the whole."""
    return digest[: len("sha256:") + 12]


def moment(at: Any) -> str:
    """A time of the API as it is shown in lists, in UTC."""
    return str(at)[:19].replace("T", " ")
