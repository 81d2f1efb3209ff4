"""What to do after something went wrong: again, when, and when no more. Pure."""

from dataclasses import dataclass

from shared.errors import BusyError, GreenroomError
from shared.faults import of_the_store

_LONGEST_PAUSE = 60.0
_AWAY_SECONDS = 0.5


@dataclass(frozen=True)
class Again:
    """After so many seconds. `counted`: it was the message's own fault, perhaps."""

    seconds: float
    counted: bool


@dataclass(frozen=True)
class Park:
    """Never by itself again. `reason` is an identifier, for people and programs; it quotes nobody."""

    reason: str


Step = Again | Park


def after_trouble(error: Exception, attempts: int, most: int, draw: float, base: float = 1.0) -> Step:
    """`attempts` were made of a message, this one included; `draw` and `base` are those of `backoff`."""
    if isinstance(error, BusyError) or of_the_store(error):
        return Again(_AWAY_SECONDS * (1 + draw), counted=False)
    if isinstance(error, GreenroomError):
        return Park(error.code)
    if attempts >= most:
        return Park(f"failed: {type(error).__name__}")
    return Again(backoff(attempts, draw, base), counted=True)


def backoff(attempts: int, draw: float, base: float = 1.0, longest: float = _LONGEST_PAUSE) -> float:
    """Seconds before the next one: doubling from `base`, and never in step with others that failed at the same time.

    `draw` is a random number in [0, 1).
    """
    return min(longest, base * 2.0 ** min(attempts - 1, 30)) * (0.5 + draw / 2)
