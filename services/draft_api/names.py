"""What a name may be, by which things are found in paths and bodies."""

import re

from shared.errors import InvalidError

_ID = re.compile("bot_[a-z2-7]{26}")


def refuse_unfit_bot_name(name: str) -> None:
    """Raises InvalidError `invalid_name` for what nobody could read, reach by a path, or tell from an id."""
    if not name.isprintable() or not name.strip():
        raise _unfit("A name is printable text on one line.")
    if name in {".", ".."}:
        raise _unfit("A bot is found by its name in a path, where `.` and `..` mean something else.")
    if _ID.fullmatch(name):
        raise _unfit("This is the id of a bot, and not a name.")


def _unfit(why: str) -> InvalidError:
    return InvalidError("invalid_name", why, errors=[{"pointer": "/name", "detail": why}])
