"""What `greenroom up` promises about processes, shown with services of a few lines."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from cli.sources import SOURCES

pytestmark = pytest.mark.processes

PATIENCE_SECONDS = 30.0
Answer = TypeVar("Answer")


class Kitchen:
    """A running supervisor over fake services, seen from outside."""

    def __init__(self, data: Path, **services: list[str]) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.supervised", str(data), json.dumps(services)],
            cwd=SOURCES,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self, without: str = "") -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == (f"ready without {without}\n" if without else "ready\n")

    def pid(self, name: str) -> int | None:
        try:
            return int((self.data / "run" / f"{name}.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None


@pytest.fixture
def kitchen(tmp_path: Path) -> Iterator[Callable[..., Kitchen]]:
    started: list[Kitchen] = []

    def start(**services: list[str]) -> Kitchen:
        started.append(Kitchen(tmp_path, **services))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


def eventually(seen: Callable[[], Answer]) -> Answer:
    """The first truthy answer; fails when there is none for long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := seen():
            return answer
        time.sleep(0.05)
    raise AssertionError("it never happened")


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_child_is_started_again_and_its_pid_file_tells_the_new_one(kitchen):
    running = kitchen(cook=[], waiter=[])
    running.wait_until_ready()
    first, waiter = running.pid("cook"), running.pid("waiter")
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: (pid := running.pid("cook")) != first and pid)
    assert not gone(second)
    assert running.pid("waiter") == waiter


def test_what_a_killed_child_had_started_is_killed_with_it(kitchen, tmp_path):
    running = kitchen(cook=["--grandchild", str(tmp_path / "knife")])
    running.wait_until_ready()
    grandchild = int((tmp_path / "knife").read_text())
    os.kill(running.pid("cook"), signal.SIGKILL)
    eventually(lambda: gone(grandchild))


def test_sigterm_ends_everything_and_leaves_no_pid_file(kitchen, tmp_path):
    running = kitchen(cook=["--grandchild", str(tmp_path / "knife")], waiter=[])
    running.wait_until_ready()
    pids = [running.pid("cook"), running.pid("waiter"), int((tmp_path / "knife").read_text())]
    assert running.pid("up") == running.process.pid
    running.process.terminate()
    assert running.process.wait(PATIENCE_SECONDS) == 0
    assert all(gone(pid) for pid in pids)
    assert list((tmp_path / "run").glob("*.pid")) == []


def test_a_child_that_ignores_sigterm_is_killed(kitchen):
    running = kitchen(cook=["--deaf"])
    running.wait_until_ready()
    cook = running.pid("cook")
    running.process.terminate()
    assert running.process.wait(PATIENCE_SECONDS) == 0
    assert gone(cook)


def test_nothing_survives_a_killed_supervisor_and_a_new_one_can_start(kitchen, tmp_path):
    running = kitchen(cook=["--deaf", "--grandchild", str(tmp_path / "knife")], waiter=[])
    running.wait_until_ready()
    pids = [running.pid("cook"), running.pid("waiter"), int((tmp_path / "knife").read_text())]
    running.process.kill()
    eventually(lambda: all(gone(pid) for pid in pids))
    again = kitchen(cook=[])
    again.wait_until_ready()


def test_a_data_folder_has_one_supervisor_at_a_time(kitchen):
    running = kitchen(cook=[])
    running.wait_until_ready()
    second = kitchen(cook=[])
    _, said = second.process.communicate(timeout=PATIENCE_SECONDS)
    assert second.process.returncode == 1
    assert f"already (process {running.process.pid})" in said
    assert running.process.poll() is None


def test_a_child_that_never_gets_ready_is_given_up_and_the_others_go_on(kitchen):
    running = kitchen(cook=[], waiter=["--die"])
    running.wait_until_ready(without="waiter")
    assert not gone(running.pid("cook"))
    running.process.terminate()
    _, said = running.process.communicate(timeout=PATIENCE_SECONDS)
    assert running.process.returncode == 0
    assert "waiter died and starts again in 0.1 s: no such database" in said
    assert "WAITER IS NOT RUNNING: it ended 5 times" in said
    assert "cook go on. Why: no such database" in said


def test_where_none_is_left_there_is_nothing_to_go_on_with(kitchen):
    hopeless = kitchen(waiter=["--die"])
    _, said = hopeless.process.communicate(timeout=PATIENCE_SECONDS)
    assert hopeless.process.returncode == 1
    assert "waiter ended 5 times before it was ready" in said


def test_without_the_one_that_all_is_for_everything_ends_with_the_end_of_its_log(kitchen):
    hopeless = kitchen(cook=["--die"], waiter=[])
    waiter = eventually(lambda: hopeless.pid("waiter"))
    _, said = hopeless.process.communicate(timeout=PATIENCE_SECONDS)
    assert hopeless.process.returncode == 1
    assert "cook ended 5 times before it was ready" in said
    assert "no such database" in said
    assert gone(waiter)
    assert hopeless.pid("up") is None
