"""Few kinds, many names: every refusal is one of these, rendered once by `shared.web.problems`.

`code` is stable and part of the HTTP contract; the class decides the status.
"""

from typing import Any, ClassVar


class GreenroomError(Exception):
    """A refusal that the caller can understand: `extra` fields appear beside `code` in the answer."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, code: str, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra


class MalformedError(GreenroomError):
    status, title = 400, "Malformed request"


class UnauthenticatedError(GreenroomError):
    status, title = 401, "Not authenticated"


class ForbiddenError(GreenroomError):
    status, title = 403, "Not allowed"


class NotFoundError(GreenroomError):
    status, title = 404, "Not found"


class ConflictError(GreenroomError):
    status, title = 409, "Conflict"


class PreconditionError(GreenroomError):
    status, title = 412, "Precondition failed"


class TooLargeError(GreenroomError):
    status, title = 413, "Too large"


class MediaTypeError(GreenroomError):
    status, title = 415, "Unsupported media type"


class InvalidError(GreenroomError):
    status, title = 422, "Invalid"


class UnconfirmedError(GreenroomError):
    status, title = 428, "Confirmation required"


class BusyError(GreenroomError):
    """Try again later; carries `Retry-After`."""

    status, title = 503, "Busy"

    def __init__(self, code: str, detail: str, retry_after: int = 1, **extra: Any) -> None:
        super().__init__(code, detail, headers={"Retry-After": str(retry_after)}, **extra)


class MisconfiguredError(Exception):
    """No refusal of a request: the process must not start as it is set up. The message says what to set."""
