"""How long a job will still take, from how long it took so far."""

from datetime import UTC, datetime

_TOO_EARLY = 3.0


def eta_seconds(running: bool, started_at: datetime | None, percent: float) -> float | None:
    """None when the job does not run, or has too little behind it to say."""
    if not running or started_at is None or percent < _TOO_EARLY:
        return None
    elapsed = (datetime.now(UTC) - started_at).total_seconds()
    return round(elapsed * (100 - percent) / percent, 1)
