"""How a training fails, and how that is told."""

import signal
from collections.abc import Mapping

import orjson


class TrainingFailedError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class TrainingCancelledError(Exception):
    """Somebody asked for it to stop."""


def joined(failed: Mapping[str, TrainingFailedError]) -> TrainingFailedError:
    """Which languages failed, and why; the code is that of the first."""
    code = next(iter(failed.values())).code
    return TrainingFailedError(code, " ".join(f"{language}: {error.detail}" for language, error in failed.items()))


def problem(error: TrainingFailedError) -> str:
    return orjson.dumps({"code": error.code, "detail": error.detail}).decode()


def how_it_ended(code: int) -> str:
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"The training process ended with {how}."
