"""What live alone is set up with, beside what every service is."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from services.live_api.expiry import Bounds


@dataclass(frozen=True)
class DeliveryBounds:
    """How many events may wait for their turn, over all processes; how much of what platforms send, and of what is sent
    to them, is in hand at once in a process; how often what fails is tried, with what pause at first; after how many
    seconds a turn has failed, or a process is dead.
    """

    waiting_events: int = 100_000
    turns_at_once: int = 512
    turns_at_once_per_bot: int = 128
    turn_attempts: int = 3
    turn_seconds: float = 30.0
    sends_at_once: int = 512
    sends_at_once_per_bot: int = 32
    send_attempts: int = 30
    pause_seconds: float = 1.0
    lease_seconds: float = 5.0
    remember_days: int = 8

    @property
    def suspect_attempts(self) -> int:
        """Tried so often without an end, a message may be what ends processes: the last two times it is so alone."""
        return max(1, self.turn_attempts - 1)


@dataclass(frozen=True)
class LiveSettings:
    """What this environment is called, where platforms reach it (where a request came to, unless it is said), bounds of
    the queues, in texts and in messages, and how often what is done.
    """

    environment: str = "live"
    public_url: str | None = None
    waiting_texts: int = 1024
    waiting_writes: int = 2048
    follow_seconds: float = 0.25
    lagging_seconds: float = 2.0
    retry_seconds: float = 5.0
    tend_seconds: float = 1.0
    forget_seconds: float = 3600.0
    sweep_seconds: float = 86_400.0
    first_sweep_seconds: float = 600.0
    keep: Bounds = field(default_factory=Bounds)
    delivery: DeliveryBounds = field(default_factory=DeliveryBounds)


def delivery_bounds(environ: Mapping[str, str] = os.environ) -> DeliveryBounds:
    """From `GREENROOM_LIVE_` and the name of a field in capitals; what is not set has its default."""
    given = {name: environ.get(f"GREENROOM_LIVE_{name.upper()}") for name in asdict(DeliveryBounds())}
    kinds = {name: type(value) for name, value in asdict(DeliveryBounds()).items()}
    return DeliveryBounds(**{name: kinds[name](value) for name, value in given.items() if value is not None})


def live_settings(environ: Mapping[str, str] = os.environ) -> LiveSettings:
    default = LiveSettings()
    environment = environ.get("GREENROOM_ENVIRONMENT", default.environment)
    return LiveSettings(
        environment=environment,
        public_url=environ.get(f"GREENROOM_{environment.upper()}_PUBLIC_URL"),
        waiting_texts=int(environ.get("GREENROOM_LIVE_WAITING_TEXTS", default.waiting_texts)),
        waiting_writes=int(environ.get("GREENROOM_LIVE_WAITING_WRITES", default.waiting_writes)),
        keep=Bounds(
            activations=int(environ.get("GREENROOM_LIVE_KEEP_RELEASES", default.keep.activations)),
            days=int(environ.get("GREENROOM_LIVE_KEEP_DAYS", default.keep.days)),
            hours=int(environ.get("GREENROOM_LIVE_KEEP_HOURS", default.keep.hours)),
        ),
        delivery=delivery_bounds(environ),
    )
