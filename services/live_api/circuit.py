"""Whether a target that keeps failing is asked at all. Pure: the time is an argument, monotonic, in seconds."""

from dataclasses import dataclass

from services.live_api.attempts import backoff

_FAILURES = 5
"""In a row, over all conversations of the target, before it is left alone."""

_LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class Circuit:
    """Closed it lets everything through; open nothing; when its time is up one at a time, to see."""

    failures: int = 0
    until: float = 0.0

    def is_open(self, now: float) -> bool:
        return now < self.until

    def is_probing(self, now: float) -> bool:
        return self.failures >= _FAILURES and not self.is_open(now)

    def failed(self, now: float, draw: float, after: float | None = None, base: float = 1.0) -> "Circuit":
        """`after` is how long the target asked to be left alone; `draw` and `base` are those of `backoff`."""
        failures = self.failures + 1
        if failures < _FAILURES:
            return Circuit(failures)
        return Circuit(failures, now + waiting(failures - _FAILURES + 1, draw, after, base))


def waiting(attempts: int, draw: float, after: float | None, base: float = 1.0) -> float:
    """Seconds until the next attempt: what the target asks for, and never less than a pause that grows."""
    return max(backoff(attempts, draw, base), min(after or 0.0, _LONGEST_WAIT))
