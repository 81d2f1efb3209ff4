"""When a child that died is started again, and when there is no point in it."""

from dataclasses import dataclass

HEALTHY_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 5.0
FIRST_WAIT_SECONDS = 0.1
HOPELESS_DEATHS = 5
HOPELESS_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Restarts:
    """`deaths` since it was last healthy; `ever_ready` tells a crash from a set-up that cannot work."""

    deaths: int = 0
    ever_ready: bool = False

    def after_death(self, ready_seconds: float | None) -> "Restarts":
        """`ready_seconds` is how long it had been ready, None when it never was."""
        healthy = ready_seconds is not None and ready_seconds >= HEALTHY_SECONDS
        return Restarts(1 if healthy else self.deaths + 1, self.ever_ready or ready_seconds is not None)

    @property
    def wait_seconds(self) -> float:
        if self.hopeless:
            return HOPELESS_WAIT_SECONDS
        return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(self.deaths - 1, 10))

    @property
    def hopeless(self) -> bool:
        return not self.ever_ready and self.deaths >= HOPELESS_DEATHS
