"""Whose fault an error is."""

import errno

from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

_LONGEST_WORDS = 300
_FULL = {errno.ENOSPC, errno.EDQUOT}
_OF_THE_MACHINE = _FULL | {errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def of_the_store(error: BaseException) -> bool:
    """Database or disk are away, full or damaged: whoever asked has no part in it, and may ask again.

    Not what a database says of a value or of a statement; of a damaged page SQLite speaks in no kind at all.
    """
    if isinstance(error, OperationalError | InterfaceError | InternalError | NoConnectionError):
        return True
    if type(error) is DatabaseError:
        return True
    return isinstance(error, OSError) and error.errno in _OF_THE_MACHINE


def full(error: BaseException) -> bool:
    """Nothing can be written until somebody makes room."""
    cause = getattr(error, "orig", error)
    return (isinstance(cause, OSError) and cause.errno in _FULL) or "database or disk is full" in str(cause)


def told(error: BaseException) -> str:
    """What a log may have of it on one line: why there is no database, or by its code what it says of a statement,

    whose own words may have what people said in them.
    """
    cause = getattr(error, "orig", None) or error
    if code := getattr(cause, "sqlstate", None):
        return f"SQLSTATE {code}"
    return " ".join(str(cause).split())[:_LONGEST_WORDS]
