"""A Greenroom of one's own for a while: `greenroom up` as a child, on free ports, stopped at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.access import Access
from cli.credentials import read_credentials
from cli.outcome import CommandError
from cli.sources import with_sources

_ENDS_WITHIN_SECONDS = 12.0


@contextmanager
def running(data: Path, preview: bool = False) -> Iterator[Access]:
    """Everything on `data`, ready. The child cannot outlive us.

    Raises CommandError when it does not get ready; it has said why on standard error by then.
    """
    ports = ("--draft-port", "0", "--live-port", "0", "--publisher-port", "0", "--preview-port", "0")
    more = (*ports, "--preview") if preview else ports
    up = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli.supervision.leash", "cli.main", "up", "--data", str(data), *more],
        env=with_sources(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    try:
        ready = up.stdout.readline() if up.stdout else ""
        known = read_credentials(data)
        if not ready or known is None:
            raise CommandError("Greenroom did not start.")
        yield Access(known.urls, known.admin_key)
    finally:
        _stop(up)


def _stop(up: subprocess.Popen[str]) -> None:
    up.send_signal(signal.SIGTERM)
    try:
        up.wait(_ENDS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        up.kill()
        up.wait()
    for pipe in (up.stdin, up.stdout):
        if pipe:
            pipe.close()
