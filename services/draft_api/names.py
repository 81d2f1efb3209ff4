"""What a name may be, by which things are found in paths and bodies."""

import re

from shared.errors import InvalidError
from shared.paths import leads_elsewhere

_ID = re.compile("bot_[a-z2-7]{26}")


def refuse_unfit_bot_name(name: str) -> None:
    """Raises InvalidError `invalid_name` for what nobody could read, reach by a path, or tell from an id."""
    if not name.isprintable() or not name.strip():
        raise _unfit("A name is printable text on one line.")
    refuse_unreachable("bot", name)
    if _ID.fullmatch(name):
        raise _unfit("This is the id of a bot, and not a name.")


def refuse_unreachable(noun: str, name: str) -> None:
    """Raises InvalidError `invalid_name` for what means something else in a path."""
    if leads_elsewhere(name):
        raise _unfit(f"The {noun} {name!r} would be found in a path, where `.` and `..` mean another place.")


def _unfit(why: str) -> InvalidError:
    return InvalidError("invalid_name", why, errors=[{"pointer": "/name", "detail": why}])
