"""Processes that train: each one bot in one language, and then it ends.

One may wait with its libraries and the encoder loaded: to load them takes as long as a small bot takes to learn.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import orjson

_ROOT = Path(__file__).parents[2]
_CHILD = "services.draft_api.training.train"
_PATIENCE_SECONDS = 600.0
_TICK_SECONDS = 0.25
FIRST_WORD_SECONDS = 300.0
"""To load the libraries takes seconds, but for a process that comes after everybody on a machine that is busy."""
SILENCE_SECONDS = 1800.0
"""A fit of a hundred thousand expressions says nothing for minutes."""

Child = subprocess.Popen[bytes]


@dataclass
class Trainers:
    """`embeddings` is where they keep what they have encoded; one that says nothing for so long is taken to hang."""

    embeddings: Path
    silence_seconds: float = SILENCE_SECONDS
    _waiting: Child | None = None
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self) -> None:
        """A training is likely to be asked for soon: has a process wait for it, which goes when none comes."""
        with self._lock:
            if not self._closed and (self._waiting is None or self._waiting.poll() is not None):
                self._waiting = self._start()
                goodbye = threading.Timer(_PATIENCE_SECONDS, self._dismiss, [self._waiting])
                goodbye.daemon = True
                goodbye.start()

    def train(self, source: Path, out: Path, stored: Collection[str] = ()) -> Child:
        """Tells what it does as lines of JSON on its standard output; ends itself when its standard input ends.

        Files whose digest is among `stored` are not written again.
        """
        with self._lock:
            child, self._waiting = self._waiting, None
        task = orjson.dumps({"source": str(source), "out": str(out), "stored": sorted(stored)}) + b"\n"
        if child is None or not _told(child, task):
            child = self._start()
            _told(child, task)
        return child

    def close(self) -> None:
        with self._lock:
            child, self._closed = self._waiting, True
        if child is not None:
            self._dismiss(child)

    def _dismiss(self, child: Child) -> None:
        """Nobody needs it, unless it was given something to do meanwhile."""
        with self._lock:
            if self._waiting is not child:
                return
            self._waiting = None
        with child:
            child.kill()

    def _start(self) -> Child:
        return subprocess.Popen(
            [sys.executable, "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=_ROOT,
            env={**os.environ, "GREENROOM_EMBEDDINGS_CACHE": str(self.embeddings)},
            start_new_session=True,
        )


class Watch:
    """Looks every quarter of a second whether the training is still wanted, and whether its process still says

    something; kills it if not. It may take `first_word_seconds` to begin.
    """

    def __init__(
        self, child: Child, unwanted: Callable[[], bool], silence_seconds: float, first_word_seconds: float
    ) -> None:
        self.cancelled = self.silent = self.spoke = False
        self._looks, self._silence, self._first_word = 0, silence_seconds, first_word_seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(child, unwanted), daemon=True)
        self._thread.start()

    def heard(self) -> None:
        self.spoke, self._looks = True, 0

    def _watch(self, child: Child, unwanted: Callable[[], bool]) -> None:
        # Silence is counted in looks: while this process itself is stopped, nobody is listening.
        while not self._done.wait(_TICK_SECONDS):
            self._looks += 1
            patience = self._silence if self.spoke else self._first_word
            self.cancelled, self.silent = unwanted(), self._looks * _TICK_SECONDS > patience
            if self.cancelled or self.silent:
                child.kill()
                return

    def stop(self) -> None:
        self._done.set()
        self._thread.join()


def _told(child: Child, task: bytes) -> bool:
    """Whether it was still there to be told."""
    if child.stdin is None or child.poll() is not None:
        return False
    try:
        child.stdin.write(task)
        child.stdin.flush()
    except BrokenPipeError:
        return False
    return True
