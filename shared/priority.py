"""Who goes first for the processor: people who talk to live, then those who build, then what takes minutes."""

import os
from contextlib import suppress
from pathlib import Path

AFTER_LIVE, AFTER_EVERYBODY = 10, 15


def step_back(niceness: int) -> None:
    """This process and what it starts wait for others, where the system lets them.

    Linux weighs sessions against one another where autogroups are on: niceness then counts within a session alone, and
    a session of our own has one of its own (sched(7)).
    """
    with suppress(OSError, AttributeError):
        os.nice(niceness - os.nice(0))
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(niceness))
