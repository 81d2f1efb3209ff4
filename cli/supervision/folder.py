"""The data folder: who holds it, and where things lie in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.outcome import CommandError


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """A reader sees the old text or the new one; the mode holds from the first byte."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


@contextmanager
def usable(data: Path) -> Iterator[None]:
    """A full disk, or a folder that is not ours, is told in a sentence. Raises CommandError."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"The data folder {data} cannot be used: {error.strerror}.") from None


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Holds `data` for one supervisor; the kernel lets go of it when the process ends, however it ends.

    Raises CommandError when another process holds it.
    """
    run = data / "run"
    with usable(data):
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        run.mkdir(exist_ok=True)
        descriptor = os.open(run / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, data)
        with usable(data):
            write_atomically(run / "up.pid", f"{os.getpid()}\n")
        try:
            yield
        finally:
            (run / "up.pid").unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, data: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CommandError(
            f"Greenroom is running on {data} already (process {holder(data) or 'unknown'}).",
            hint="Stop that one first, or give this one its own folder with --data.",
        ) from None


def holder(data: Path) -> int | None:
    """The process id in `up.pid`, if there is one."""
    try:
        return int((data / "run" / "up.pid").read_text())
    except (OSError, ValueError):
        return None
