"""The snapshots of a draft bot."""

from typing import Any

from cli.access import Access


def snapshots_of(access: Access, bot: str) -> list[Any]:
    """Newest first."""
    found = access.draft.items("bots", bot, "snapshots")
    return sorted(found, key=lambda snapshot: (snapshot["created_at"], snapshot["id"]), reverse=True)
