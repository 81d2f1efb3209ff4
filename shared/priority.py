"""Who goes first for the processor: people who talk to live, then those who build, then what takes minutes."""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

BACKSTAGE, AFTER_LIVE, AFTER_EVERYBODY = 10, 15, 19


def step_back(niceness: int) -> None:
    """This process and what it starts wait for others, where the system lets them.

    Linux weighs sessions against one another where autogroups are on: niceness then counts within a session alone, and
    a session of our own has one of its own (sched(7)).
    """
    with suppress(OSError, AttributeError):
        os.nice(niceness - os.nice(0))
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(niceness))


def step_aside(niceness: int) -> None:
    """This thread alone waits for the others of its process, where the system lets it: Linux weighs threads."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, max(niceness, os.getpriority(os.PRIO_PROCESS, thread)))
