"""Failpoints: each exists in the source once, and does what it is told to, when it is told to."""

import ast
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.failpoints import POINTS, Failpoint, FailpointError, armed, reach

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    armed.cache_clear()
    yield
    armed.cache_clear()


def points_in_the_source() -> Counter[str]:
    found: Counter[str] = Counter()
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reach":
                (name,) = node.args
                assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: a point has a name that can be read"
                found[str(name.value)] += 1
    return found


def test_the_list_of_points_is_the_source() -> None:
    found = points_in_the_source()
    assert set(found) == POINTS
    assert max(found.values()) == 1, found


def test_a_point_that_nobody_asked_for_does_nothing() -> None:
    reach("live.blob.stored")


def test_the_third_time_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENROOM_FAILPOINT", "live.blob.stored:3:raise")
    for _ in range(2):
        reach("live.blob.stored")
        reach("live.release.staged")
    with pytest.raises(FailpointError):
        reach("live.blob.stored")
    reach("live.blob.stored")


@pytest.mark.parametrize("text", ["live.blob.stord:1:kill", "live.blob.stored:1:explode", "live.blob.stored"])
def test_a_point_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Failpoint.parse(text)


def test_a_kill_is_a_kill() -> None:
    code = "from shared.failpoints import reach; reach('live.blob.stored'); print('survived')"
    environ = {"GREENROOM_FAILPOINT": "live.blob.stored:1:kill"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""
