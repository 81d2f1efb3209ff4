"""What a platform's answer means for a message, where a kind knows nothing better: the statuses of HTTP."""

from collections.abc import Mapping

from services.live_api.channel import Outcome, Rejected, Retry, Sent
from services.live_api.platforms.reading import read_json
from services.live_api.platforms.wording import clip

_TRANSIENT = frozenset({408, 425, 429})
_LONGEST_REASON = 300


def outcome_of(status: int, headers: Mapping[str, str], why: str = "") -> Outcome:
    """`headers` by names in lower case."""
    if 200 <= status < 300:
        return Sent()
    if status in _TRANSIENT or status >= 500:
        return Retry(seconds(headers.get("retry-after")))
    return rejected(status, why)


def rejected(status: int, why: object) -> Rejected:
    return Rejected(clip(f"{status} {why if isinstance(why, str) else ''}".strip(), _LONGEST_REASON))


def seconds(value: object) -> float | None:
    """A waiting time as platforms spell it, in seconds; None for what is none, a date for one."""
    try:
        found = float(value) if isinstance(value, (str, int, float)) else -1.0
    except ValueError:
        return None
    return found if 0 <= found < 1e9 else None


def document(body: bytes) -> dict[str, object]:
    """The answer as an object; empty when it is none."""
    found = read_json(body)
    return found if isinstance(found, dict) else {}
