"""Whether this process was told to end: answers that go on for long look, and end by themselves."""

import threading
from functools import lru_cache


@lru_cache(maxsize=1)
def _told() -> threading.Event:
    return threading.Event()


def tell_to_stop() -> None:
    _told().set()


def is_stopping() -> bool:
    return _told().is_set()
