"""Named points where a test kills, fails or stalls a process: `GREENROOM_FAILPOINT=name:n:kill|raise|sleep`.

The n-th time that the process gets there, it happens, once. Unset, a point costs a look at a cached None.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast, get_args

POINTS = frozenset(
    {
        "training.child.before",
        "training.stored",
        "training.recorded",
        "publish.train.before",
        "publish.blob.copied",
        "publish.staged",
        "publish.activate.before",
        "publish.activated",
        "inbox.fetched",
        "inbox.delivered",
        "live.blob.stored",
        "live.release.staged",
        "live.activate.before_commit",
        "live.activate.after_commit",
        "live.edit.before_commit",
        "live.edit.after_commit",
        "live.message.before_commit",
        "live.message.after_commit",
        "live.webhook.before_commit",
        "live.webhook.after_commit",
        "live.outbox.accepted",
        "erasure.found",
        "erasure.live_erased",
        "erasure.draft_erased",
    }
)

Action = Literal["kill", "raise", "sleep"]
_STALL_SECONDS = 3.0


class FailpointError(RuntimeError):
    """What `raise` raises: nothing that the program foresees."""


@dataclass
class Failpoint:
    name: str
    countdown: int
    action: Action
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def parse(cls, text: str) -> "Failpoint":
        """Raises ValueError for a name or an action that does not exist."""
        name, count, action = text.split(":")
        if name not in POINTS or action not in get_args(Action):
            raise ValueError(f"GREENROOM_FAILPOINT={text}: no such point, or no such action")
        return cls(name, int(count), cast(Action, action))

    def hit(self) -> None:
        with self._lock:
            self.countdown -= 1
            due = self.countdown == 0
        if due:
            self._happen()

    def _happen(self) -> None:
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.action == "raise":
            raise FailpointError(self.name)
        time.sleep(_STALL_SECONDS)


@cache
def armed() -> Failpoint | None:
    """What the environment asked for when it was first looked at; `armed.cache_clear()` looks again."""
    text = os.environ.get("GREENROOM_FAILPOINT")
    return Failpoint.parse(text) if text else None


def reach(name: str) -> None:
    point = armed()
    if point is not None and point.name == name:
        point.hit()
