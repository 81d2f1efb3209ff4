"""A bot's id, for what is set up in live before live knows the bot by name."""

from cli.access import Access
from cli.outcome import CommandError


def live_id(access: Access, bot: str) -> str:
    """Live knows a bot that was never published by its id alone, and draft knows which that is."""
    try:
        return str(access.draft.get("bots", bot)["id"])
    except CommandError:
        return bot
