"""What a name may be, by which things are found in paths and bodies."""

from shared.errors import InvalidError

_OF_IDS = "bot_"


def refuse_unfit_bot_name(name: str) -> None:
    """Raises InvalidError `invalid_name` for what nobody could read, reach by a path, or tell from an id."""
    if not name.isprintable() or not name.strip():
        raise _unfit("A name is printable text on one line.")
    if "/" in name or name in {".", ".."}:
        raise _unfit("A bot is found by its name in a path, which cannot hold `/`, nor be `.` or `..`.")
    if name.startswith(_OF_IDS):
        raise _unfit(f"What begins with `{_OF_IDS}` is the id of a bot, and not a name.")


def _unfit(why: str) -> InvalidError:
    return InvalidError("invalid_name", why, errors=[{"pointer": "/name", "detail": why}])
