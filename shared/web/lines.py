"""Where the lines of the log go."""

import sys
from contextlib import suppress


class Lines:
    """Standard error, whatever that is at each line: it may change while a process runs.

    A line that cannot be written is lost, and nobody is told: logs lie on a disk that may be full, and who tells of a
    trouble is in the midst of surviving it.
    """

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            # At once, so that those of two threads do not mix.
            sys.stderr.write(message + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg
