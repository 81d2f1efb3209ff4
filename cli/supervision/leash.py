"""`python -m cli.supervision.leash MODULE ARGS`: runs a module in a child that cannot outlive its parent.

The parent holds the other end of the child's standard input. When the parent ends, however it ends, the
kernel closes that end, and the child kills its own process group, grandchildren included.
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    other_end = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with_the_parent, args=(other_end,), daemon=True, name="leash").start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_the_parent(other_end: int) -> None:
    while os.read(other_end, 1):
        continue
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
