"""Nothing is acknowledged before it is on disk: the order of system calls, as strace sees them (M1).

GREENROOM_ACKNOWLEDGEMENTS says how many are looked at. Nothing else is written meanwhile: live takes in and no more.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live_api.harbour import PROOF, Harbour, telegram, update

COUNT = int(os.environ.get("GREENROOM_ACKNOWLEDGEMENTS", "100"))
STRACE = shutil.which("strace")
CALLS = "trace=fsync,fdatasync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg"

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(STRACE is None, reason="strace is not installed: nobody can see in which order live calls"),
]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Harbour]:
    watching = (STRACE or "strace", "-f", "-s", "64", "-e", CALLS, "-e", "signal=none", "-o", str(tmp_path / "calls"))
    idle = {"GREENROOM_LIVE_TURNS_AT_ONCE": "0"}
    opened = Harbour(tmp_path, f"sqlite:///{tmp_path / 'live.db'}", watching, idle)
    opened.start()
    yield opened
    opened.stop()
    opened.client.close()


def test_every_acknowledgement_follows_a_flush_to_disk(watched: Harbour, tmp_path: Path) -> None:
    with telegram() as platform:
        channel = watched.open_echo(platform)
        with httpx.Client(base_url=watched.url, headers=PROOF, timeout=30) as hook:
            for number in range(COUNT):
                body = update(number, number, "ahoy")
                assert hook.post(f"/v1/channels/{channel}/webhook", content=body).status_code == 200
    watched.stop()
    assert acknowledgements((tmp_path / "calls").read_text(errors="replace")) == (COUNT, 0)


def acknowledgements(calls: str) -> tuple[int, int]:
    """How many there were, and how many came before a flush that began after their request had ended."""
    asked = flushed = False
    seen = early = 0
    for line in calls.splitlines():
        if '"POST /v1/channels/' in line:
            asked, flushed = True, False
        elif asked and re.search(r"(fsync|fdatasync)(\(| resumed).*= 0$", line):
            flushed = True
        elif asked and '"HTTP/1.1 200' in line:
            asked, seen, early = False, seen + 1, early + (not flushed)
    return seen, early


def test_the_check_sees_what_is_too_early() -> None:
    asks, flush, answers = (
        '1 recvfrom(9, "POST /v1/channels/ch", 9) = 9',
        "2 fdatasync(5) = 0",
        '1 sendto(9, "HTTP/1.1 200 OK", 9) = 9',
    )
    assert acknowledgements("\n".join([asks, flush, answers, asks, answers, flush])) == (2, 1)
