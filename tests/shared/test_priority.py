"""What can wait lets others go first, also where the system weighs sessions against one another."""

import subprocess
import sys
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")


def told(niceness: int, alone: bool) -> list[int]:
    code = f"from shared.priority import step_back; step_back({niceness}); import os; print(os.nice(0))"
    shown = f"; print(open('{AUTOGROUP}').read().split()[-1])" if AUTOGROUP.exists() else ""
    command = [sys.executable, "-c", code + shown]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=alone)
    return [int(line) for line in done.stdout.split()]


def test_a_process_with_a_session_of_its_own_goes_back_among_the_sessions_too() -> None:
    assert set(told(7, alone=True)) == {7}


def test_a_process_that_shares_a_session_leaves_the_session_where_it_is() -> None:
    niceness, *session = told(7, alone=False)
    assert niceness == 7
    assert session in ([], [int(AUTOGROUP.read_text().split()[-1])])
