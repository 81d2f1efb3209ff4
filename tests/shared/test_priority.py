"""What can wait lets others go first, also where the system weighs sessions against one another."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from shared.priority import step_aside

AUTOGROUP = Path("/proc/self/autogroup")


def niceness_of_session(shown: str) -> list[int]:
    """Of "/autogroup-71 nice 7" the 7. A session that has no group of its own is shown as nothing at all."""
    return [int(word) for word in shown.split()[-1:]]


def told(niceness: int, alone: bool) -> tuple[int, list[int]]:
    code = f"from shared.priority import step_back; step_back({niceness}); import os; print(os.nice(0))"
    shown = f"; print(open('{AUTOGROUP}').read())" if AUTOGROUP.exists() else ""
    command = [sys.executable, "-c", code + shown]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=alone)
    own, _, session = done.stdout.partition("\n")
    return int(own), niceness_of_session(session)


def test_a_process_with_a_session_of_its_own_goes_back_among_the_sessions_too() -> None:
    niceness, session = told(7, alone=True)
    assert niceness == 7
    assert session in ([], [7])


def test_a_process_that_shares_a_session_leaves_the_session_where_it_is() -> None:
    before = niceness_of_session(AUTOGROUP.read_text()) if AUTOGROUP.exists() else []
    assert told(7, alone=False) == (7, before)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems weigh processes, not threads")
def test_a_thread_that_steps_aside_leaves_the_others_of_its_process_where_they_are() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    with ThreadPoolExecutor(1, initializer=partial(step_aside, 13)) as aside, ThreadPoolExecutor(1) as other:
        assert (aside.submit(niceness).result(), other.submit(niceness).result()) == (13, before)
