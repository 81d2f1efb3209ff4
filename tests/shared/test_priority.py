"""What can wait lets others go first, also where the system weighs sessions against one another."""

import subprocess
import sys
from pathlib import Path

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
