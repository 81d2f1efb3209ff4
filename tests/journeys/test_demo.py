"""The demo, as whoever tries Greenroom for the first time sees it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cli.sources import SOURCES

pytestmark = pytest.mark.processes


def test_the_demo_trains_publishes_and_talks_and_leaves_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "demo", "--data", str(tmp_path / "stage")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GREENROOM_")}
    done = subprocess.run(command, cwd=SOURCES, env=environ, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LIVE   Release 1 is live: sha256:" in done.stdout
    assert "equal in draft and live, byte by byte" in done.stdout
    assert "right in cross-validation" in done.stdout
    assert "you: cheers, that was a big help" in done.stdout
    assert list((tmp_path / "stage" / "run").glob("*.pid")) == []
    assert [p.pid for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or ())] == []
