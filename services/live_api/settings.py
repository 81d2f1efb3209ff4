"""What live alone is set up with, beside what every service is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LiveSettings:
    """Bounds of the queues, in texts and in messages, and how often a process looks after what."""

    waiting_texts: int = 1024
    waiting_writes: int = 2048
    follow_seconds: float = 0.25
    lagging_seconds: float = 2.0
    retry_seconds: float = 5.0
    forget_seconds: float = 3600.0


def live_settings(environ: Mapping[str, str] = os.environ) -> LiveSettings:
    default = LiveSettings()
    return LiveSettings(
        waiting_texts=int(environ.get("GREENROOM_LIVE_WAITING_TEXTS", default.waiting_texts)),
        waiting_writes=int(environ.get("GREENROOM_LIVE_WAITING_WRITES", default.waiting_writes)),
    )
