"""Progress on standard error: a bar on a terminal, a line for each step elsewhere."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Job = Mapping[str, Any]
Show = Callable[[Job], None]


def ended(job: Job) -> bool:
    return job["status"] not in ("queued", "running")


def step_line(job: Job) -> str:
    """The step that it is at, or how it ended."""
    return str(job["status"] if ended(job) or not job.get("step") else job["step"]).replace("_", " ")


@contextmanager
def shown(label: str) -> Iterator[Show]:
    """Gives what is to be called with each state of the job."""
    if sys.stderr.isatty():
        with _bar(label) as show:
            yield show
    else:
        yield _lines(label)


def _lines(label: str) -> Show:
    said: list[str] = []

    def show(job: Job) -> None:
        if step_line(job) not in said[-1:]:
            said.append(step_line(job))
            print(f"{label}: {said[-1]}", file=sys.stderr, flush=True)

    return show


@contextmanager
def _bar(label: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=100, step="")
        yield lambda job: progress.update(task, completed=job.get("percent") or 0, step=step_line(job))
