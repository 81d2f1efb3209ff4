"""Files that a power cut leaves whole, or not there at all."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

# The store over a folder does not list names that end so.
_UNFINISHED = "#"
_LEFT_BEHIND_SECONDS = 3600


def make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _sync(folder.parent)


def write_whole(path: Path, data: bytes) -> None:
    """On disk when it returns, and under its name not before: whoever reads finds what was there, or all of this."""
    unfinished = path.with_name(f"{path.name}{_UNFINISHED}{secrets.randbits(60)}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    _sync(path.parent)


def sweep_unfinished(folder: Path) -> None:
    """What a process left that died over it. Others may be writing just now."""
    for path in folder.glob(f"*{_UNFINISHED}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                path.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
