"""A job from outside: followed by its events, by asking where there are none, and shown as it goes on."""

import time
from collections.abc import Callable, Iterator

from cli.outcome import INTERRUPTED, UNREACHABLE, CommandError
from cli.peer import Peer
from cli.progress import Job, ended, shown

ASK_SECONDS = 0.5
PATIENCE_SECONDS = 90.0


def finish(peer: Peer, kind: str, job: Job, label: str) -> Job:
    """The job as it ended. `kind` is the job's collection; progress goes to standard error.

    Raises CommandError when the service stays away, or when the person has seen enough; the job goes on.
    """
    try:
        with shown(label) as show:
            for state in states(peer, kind, job):
                show(state)
                job = state
    except KeyboardInterrupt:
        raise CommandError(
            f"Not waiting any longer; {job['id']} goes on.", INTERRUPTED, hint="greenroom status BOT shows how it ends."
        ) from None
    return job


def failure(job: Job) -> str:
    """Why it did not come to its end, or how it ended."""
    error = job.get("error")
    return f"{error['code']}: {error['detail']}" if error else f"it is {job['status']}"


def states(peer: Peer, kind: str, job: Job, sleep: Callable[[float], None] = time.sleep) -> Iterator[Job]:
    """What the job looked like, again and again, the last time ended. A restart of the service is waited out."""
    yield job
    try:
        for state in () if ended(job) else peer.events(kind, job["id"], "events"):
            job = state
            yield job
    except CommandError:
        pass  # Asking finds out what it was: a service that restarts, one without events, a job that is gone.
    asked_last = time.monotonic()
    while not ended(job):
        sleep(ASK_SECONDS)
        try:
            job = peer.get(kind, job["id"])
        except CommandError as error:
            if error.exit_code != UNREACHABLE or time.monotonic() - asked_last > PATIENCE_SECONDS:
                raise
            continue
        asked_last = time.monotonic()
        yield job
