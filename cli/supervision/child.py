"""One service as a child process: its command, its log, its pid file, its end."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from cli.sources import with_sources
from cli.supervision.folder import write_atomically

LARGEST_LOG_BYTES = 50 << 20
PROBE_SECONDS = 0.5
LONGEST_WORDS = 300
# What a log ends with although it is not why.
BESIDE_THE_POINT = (" ", "(Background on", "ERROR:uvicorn", "INFO:uvicorn")


@dataclass(frozen=True)
class ChildSpec:
    """What to run: `module` with `arguments`, behind the leash; it gets ready at `host` and `port`.

    The others are of no use without one that is `vital`.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    host: str
    port: int
    vital: bool = False

    def command(self) -> list[str]:
        return [sys.executable, "-P", "-m", "cli.supervision.leash", self.module, *self.arguments]


class Child:
    """At most one process at a time, the leader of its own group, so that what it starts ends with it."""

    def __init__(self, spec: ChildSpec, data: Path) -> None:
        self.spec = spec
        self.log = data / "logs" / f"{spec.name}.log"
        self._pid_file = data / "run" / f"{spec.name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.spec.command(),
                env={**with_sources(self.spec.environ), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        write_atomically(self._pid_file, f"{self._process.pid}\n")

    def running(self) -> bool:
        """False once the process has ended; whatever it left behind in its group is killed then."""
        if self._process is None or self._process.poll() is None:
            return self._process is not None
        self._signal(signal.SIGKILL, whole_group=True)
        self._pid_file.unlink(missing_ok=True)
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None
        return False

    def ready(self) -> bool:
        """Whether it answers 200 on /readyz now."""
        connection = HTTPConnection(self.spec.host, self.spec.port, timeout=PROBE_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM, whole_group=False)

    def kill(self) -> None:
        self._signal(signal.SIGKILL, whole_group=True)

    def _signal(self, number: signal.Signals, whole_group: bool) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                (os.killpg if whole_group else os.kill)(self._process.pid, number)

    def trim_log(self) -> None:
        """Keeps one older part beside the log, so that it never fills the disk."""
        with suppress(OSError):
            if self.log.stat().st_size > LARGEST_LOG_BYTES:
                self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
                os.truncate(self.log, 0)

    def tail(self, lines: int = 15) -> str:
        with suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def last_words(self) -> str:
        """The line of its log that says why it ended, as far as one can tell."""
        telling = [line for line in self.tail().splitlines() if line and not line.startswith(BESIDE_THE_POINT)]
        return telling[-1][:LONGEST_WORDS] if telling else "its log says nothing"
