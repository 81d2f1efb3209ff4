"""What every job port promises, and what the durable one promises beside."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from sqlalchemy.exc import OperationalError

from shared.jobs import DurableJobs, Jobs
from tests.inline_jobs import InlineJobs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["durable", "inline"])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Jobs]:
    made: Jobs = InlineJobs() if request.param == "inline" else DurableJobs("bakery", f"sqlite:///{tmp_path}/jobs.db")
    yield made
    made.close()


def test_a_job_runs_with_its_id(jobs: Jobs) -> None:
    baked, done = [], threading.Event()

    def bake(job: str) -> None:
        baked.append(job)
        done.set()

    jobs.launch({"bake": bake})
    jobs.start("bake", "rye-loaf")
    assert done.wait(10)
    assert baked == ["rye-loaf"]


def test_a_job_that_is_started_twice_runs_once(jobs: Jobs) -> None:
    baked: list[str] = []
    jobs.launch({"bake": baked.append})
    for _ in range(3):
        jobs.start("bake", "rye-loaf")
    jobs.start("bake", "bun")
    deadline = time.monotonic() + 10
    while len(baked) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    assert sorted(baked) == ["bun", "rye-loaf"]


def test_two_jobs_run_side_by_side(jobs: Jobs) -> None:
    both = threading.Barrier(2, timeout=10)
    met: list[int] = []
    jobs.launch({"bake": lambda _job: met.append(both.wait())})
    jobs.start("bake", "rye-loaf")
    jobs.start("bake", "bun")
    deadline = time.monotonic() + 10
    while len(met) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sorted(met) == [0, 1]


def test_a_job_that_raises_is_tried_again_until_it_returns(tmp_path: Path) -> None:
    tries: list[str] = []
    done = threading.Event()

    def bake(job: str) -> None:
        tries.append(job)
        if len(tries) < 3:
            raise ConnectionError("the oven is away")
        done.set()

    jobs = DurableJobs("bakery", f"sqlite:///{tmp_path}/jobs.db")
    jobs.launch({"bake": bake})
    jobs.start("bake", "rye-loaf")
    assert done.wait(20)
    jobs.close()
    assert tries == ["rye-loaf"] * 3


def test_a_job_that_is_started_while_the_jobs_are_locked_keeps_nobody_waiting_and_runs(tmp_path: Path) -> None:
    done = threading.Event()
    jobs = DurableJobs("bakery", f"sqlite:///{tmp_path}/jobs.db")
    jobs.launch({"bake": lambda _job: done.set()})
    with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        jobs.start("bake", "rye-loaf")
        assert time.monotonic() - begun < 10
        assert not done.is_set()
        somebody.execute("ROLLBACK")
    assert done.wait(20)
    jobs.close()


def test_a_job_that_could_not_be_written_down_is_started_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    jobs = DurableJobs("bakery", f"sqlite:///{tmp_path}/jobs.db")
    jobs.launch({"bake": lambda _job: done.set()})
    full, real = iter([True, True]), DBOS.start_workflow

    def start(workflow: Any, job: str) -> Any:
        if next(full, False):
            raise OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))
        return real(workflow, job)

    monkeypatch.setattr(DBOS, "start_workflow", start)
    jobs.start("bake", "rye-loaf")
    assert done.wait(20)
    jobs.close()


_CHILD = """
import os, sys, time
from pathlib import Path
from shared.jobs import DurableJobs
folder, slow = Path(sys.argv[1]), sys.argv[2] == "slow"
def bake(job):
    (folder / "begun").write_text(job)
    if slow:
        time.sleep(60)
    (folder / "baked").write_text(job)
jobs = DurableJobs("bakery", f"sqlite:///{folder}/jobs.db")
jobs.launch({"bake": bake})
if slow:
    jobs.start("bake", "rye-loaf")
time.sleep(60)
"""


@pytest.mark.processes
def test_a_job_that_a_kill_left_is_finished_after_the_restart(tmp_path: Path) -> None:
    first = _start(tmp_path, "slow")
    _wait(tmp_path / "begun")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not (tmp_path / "baked").exists()
    second = _start(tmp_path, "fast")
    try:
        _wait(tmp_path / "baked")
    finally:
        second.kill()
        second.wait()


def _start(folder: Path, pace: str) -> "subprocess.Popen[bytes]":
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", _CHILD, str(folder), pace], cwd=ROOT, env=environ)


def _wait(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.05)


def test_a_damaged_file_of_jobs_is_set_aside_and_jobs_go_on(tmp_path: Path) -> None:
    (tmp_path / "bakery-jobs.db").write_bytes(b"flour and water" * 1000)
    baked, done = [], threading.Event()

    def bake(job: str) -> None:
        baked.append(job)
        done.set()

    jobs = DurableJobs("bakery", f"sqlite:///{tmp_path}/bakery-jobs.db")
    try:
        jobs.launch({"bake": bake})
        jobs.start("bake", "rye-loaf")
        assert done.wait(10)
    finally:
        jobs.close()
    assert baked == ["rye-loaf"]
    assert (tmp_path / "bakery-jobs.db.damaged").read_bytes().startswith(b"flour and water")
