"""Keeps a few children running until it is told to stop. One thread, no state but what is in memory here."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cli.outcome import CommandError
from cli.supervision.child import Child, ChildSpec
from cli.supervision.restarts import Restarts

TICK_SECONDS = 0.1
KILL_AFTER_SECONDS = 8.0
REMIND_AFTER_SECONDS = 30.0
LOG_CHECK_SECONDS = 60.0


@dataclass
class _Watched:
    """A child with what the supervisor knows of it. Times are of `time.monotonic`."""

    child: Child
    restarts: Restarts = field(default_factory=Restarts)
    ready_since: float | None = None
    start_at: float | None = 0.0

    @property
    def given_up(self) -> bool:
        return self.ready_since is None and self.restarts.hopeless


class Supervisor:
    """`say` gets a line about each thing worth knowing. `when_ready` is called once, when all are ready but those that

    are given up, which it is told.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        data: Path,
        say: Callable[[str], None],
        when_ready: Callable[[Sequence[str]], None],
    ) -> None:
        self._watched = [_Watched(Child(spec, data)) for spec in specs]
        self._say = say
        self._when_ready = when_ready
        self._stop = False

    def run(self) -> None:
        """Returns after SIGTERM, SIGINT or SIGHUP; raises CommandError when there is no use in going on."""
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            self._watch()
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def _watch(self) -> None:
        announced, began, next_log_check = False, time.monotonic(), 0.0
        reminder = began + REMIND_AFTER_SECONDS
        while not self._stop:
            now = time.monotonic()
            for watched in self._watched:
                self._attend(watched, now)
            given_up = self._names(lambda watched: watched.given_up)
            waiting = self._names(lambda watched: watched.ready_since is None and not watched.given_up)
            if not announced and not waiting:
                announced = True
                self._when_ready(given_up)
            if not announced and now > reminder:
                reminder = now + REMIND_AFTER_SECONDS
                self._say(f"still waiting for {', '.join(waiting)} to be ready")
            if now > next_log_check:
                next_log_check = now + LOG_CHECK_SECONDS
                for watched in self._watched:
                    watched.child.trim_log()
            time.sleep(TICK_SECONDS)

    def _attend(self, watched: _Watched, now: float) -> None:
        if watched.start_at is not None:
            if now >= watched.start_at:
                watched.start_at = None
                self._start(watched.child)
        elif not watched.child.running():
            self._bury(watched, now)
        elif watched.ready_since is None and watched.child.ready():
            if watched.given_up:
                self._say(f"{watched.child.spec.name} is ready after all")
            watched.ready_since = now

    def _start(self, child: Child) -> None:
        """A full disk is no reason to stop the others: what could not be started counts as dead."""
        try:
            child.start()
        except OSError as error:
            self._say(f"{child.spec.name}: {error}")

    def _bury(self, watched: _Watched, now: float) -> None:
        """Decides when the dead child starts again."""
        ready_seconds = None if watched.ready_since is None else now - watched.ready_since
        watched.restarts = watched.restarts.after_death(ready_seconds)
        watched.ready_since = None
        watched.start_at = now + watched.restarts.wait_seconds
        if watched.given_up:
            self._give_up(watched)
            return
        why = f": {watched.child.last_words()}" if ready_seconds is None else ""
        self._say(f"{watched.child.spec.name} died and starts again in {watched.restarts.wait_seconds:.1f} s{why}")

    def _give_up(self, watched: _Watched) -> None:
        """The others go on, and it is tried once a minute: somebody may repair what it died of.

        Raises CommandError when they are of no use without it, or when there are none.
        """
        name, deaths = watched.child.spec.name, watched.restarts.deaths
        others = self._names(lambda other: not other.given_up)
        if watched.child.spec.vital or not others:
            raise CommandError(
                f"{name} ended {deaths} times before it was ready. The end of its log:\n{watched.child.tail()}",
                hint=f"The whole log is {watched.child.log}.",
            )
        self._say(
            f"{name.upper()} IS NOT RUNNING: it ended {deaths} times before it was ready, and is tried once a minute; "
            f"{', '.join(others)} go on. Why: {watched.child.last_words()} (the whole log: {watched.child.log})"
        )

    def _names(self, those: Callable[[_Watched], bool]) -> list[str]:
        return [watched.child.spec.name for watched in self._watched if those(watched)]

    def _stop_all(self) -> None:
        """Asks first, insists after a while; returns when no child is left."""
        deadline = time.monotonic() + KILL_AFTER_SECONDS
        children = [watched.child for watched in self._watched]
        for child in children:
            child.terminate()
        while [child for child in children if child.running()]:
            if time.monotonic() > deadline:
                for child in children:
                    child.kill()
            time.sleep(TICK_SECONDS / 2)
