"""How often one key may ask, or one address where no key of this service is shown. Off unless it is set."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from shared.errors import MisconfiguredError
from shared.web.keys import KeyRing

VARIABLE = "GREENROOM_RATE_LIMIT"
_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
# Whoever has not asked for longest is forgotten, and begins anew.
_MOST_ASKERS = 10_000
_FREE = {"/healthz", "/readyz", "/metrics"}


@dataclass(frozen=True)
class Rate:
    """So many requests at once, and as many again in so many seconds."""

    requests: int
    seconds: int


def rate_of(text: str) -> Rate:
    """From `100/s`, `600/m` or `5000/h`. Raises MisconfiguredError."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise MisconfiguredError(f"{VARIABLE}={text}: say how many requests, as in 100/s, 600/m or 5000/h.")
    return Rate(int(found[1]), _SECONDS[found[2]])


class Buckets:
    """A bucket of tokens for each asker: full at first, filled evenly; a request takes one."""

    def __init__(self, rate: Rate) -> None:
        self._most, self._each = float(rate.requests), rate.seconds / rate.requests
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str, now: float) -> float:
        """After how many seconds there is a token again; 0 when this request has one."""
        tokens, since = self._known.pop(who, (self._most, now))
        tokens = min(self._most, tokens + (now - since) / self._each)
        self._known[who] = (max(tokens - 1, 0.0) if tokens >= 1 else tokens, now)
        if len(self._known) > _MOST_ASKERS:
            self._known.popitem(last=False)
        return 0.0 if tokens >= 1 else (1 - tokens) * self._each


class Rates:
    """Of one process. Whoever tries keys that are none is counted by the address."""

    def __init__(self, rate: Rate, keys: KeyRing, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets, self._keys, self._clock = Buckets(rate), keys, clock

    def wait(self, scope: Scope) -> float:
        """In seconds; 0 for what may be answered."""
        return 0.0 if scope["path"] in _FREE else self._buckets.wait(self._asker(scope), self._clock())

    def _asker(self, scope: Scope) -> str:
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        principal = self._keys.remembered(shown.decode("latin-1").partition(" ")[2])
        return principal.id if principal else str((scope.get("client") or ("",))[0])
