"""What a turn asks the world outside for, and who answers. The engine asks; the driver of a service goes and looks."""

import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

T = TypeVar("T")
MESSAGE_SECONDS = 25.0


@dataclass(frozen=True)
class SecretText:
    """The value of a named secret behind `prefix`. Only the driver fills it in, at the moment of the call."""

    secret: str
    prefix: str = ""


@dataclass(frozen=True)
class HttpCall:
    """A request to make. `body` is JSON data, None for no body; `timeout` is in seconds.

    `idempotency_key` is the same whenever the same message is answered again.
    """

    method: str
    url: str
    idempotency_key: str
    headers: Mapping[str, str | SecretText] = field(default_factory=dict)
    body: Any = None
    timeout: float = 10.0


@dataclass(frozen=True)
class HttpOutcome:
    """What came of it. `body` is JSON data, or text where it is no JSON; `error` says why there is no answer at all."""

    status: int | None = None
    body: Any = None
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Asking = Generator[HttpCall, HttpOutcome, T]
"""Something that comes to a T by way of calls: it yields each one and is sent what came of it."""


class Budget:
    """The time that one message may spend on calls (M8); what is left of it bounds each call."""

    def __init__(self, seconds: float = MESSAGE_SECONDS) -> None:
        self._until = time.monotonic() + seconds

    def within(self, call: HttpCall) -> HttpCall | None:
        """The call with the time that it has, None when there is none."""
        left = self._until - time.monotonic()
        return replace(call, timeout=min(call.timeout, left)) if left > 0 else None


def denied(call: HttpCall) -> HttpOutcome:  # noqa: ARG001
    """The answer where nothing may be called."""
    return HttpOutcome(error="egress_denied")


def drive(asking: Asking[T], call: Callable[[HttpCall], HttpOutcome]) -> T:
    """Makes the calls one after another, on the thread that waits for the answer."""
    budget = Budget()
    try:
        wanted = next(asking)
        while True:
            within = budget.within(wanted)
            wanted = asking.send(call(within) if within else HttpOutcome(error="timeout"))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def drive_async(asking: Asking[T], call: Callable[[HttpCall], Awaitable[HttpOutcome]]) -> T:
    """Makes the calls one after another; other conversations go on meanwhile."""
    budget = Budget()
    try:
        wanted = next(asking)
        while True:
            within = budget.within(wanted)
            wanted = asking.send(await call(within) if within else HttpOutcome(error="timeout"))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


def sparing(asking: Asking[T], most: int) -> Asking[T]:
    """The same with `most` calls at the most: those beyond are answered `too_many_calls` without being made."""
    try:
        wanted = next(asking)
        for _ in range(most):
            wanted = asking.send((yield wanted))
        while True:
            wanted = asking.send(HttpOutcome(error="too_many_calls"))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
