"""Waiting for draft's trainings, as part of a publication (`train: "if_needed"`)."""

import time
from collections.abc import Callable

from services.publisher.check_nlp import training_findings
from services.publisher.draft import Draft
from services.publisher.records import Publication
from shared.contracts import Snapshot
from shared.errors import ConflictError

_POLL_SECONDS = 0.2
_MAX_TRAININGS = 3

Tell = Callable[[float], None]
Cancelled = Callable[[], bool]


class CancelledError(Exception):
    """Somebody asked for the publication to be cancelled, in time."""


def trained(draft: Draft, job: Publication, tell: Tell, cancelled: Cancelled) -> Snapshot:
    """Draft after the trainings that the publication waits for: somebody else's, or its own."""
    for attempt in range(_MAX_TRAININGS):
        snapshot = draft.snapshot(job.bot_id, patient=True)
        waiting = [finding.subjects[0]["id"] for finding in training_findings(snapshot, job.wish.languages)]
        if not waiting or _train(draft, job, waiting, f"{job.id}-{attempt}", tell, cancelled) == "failed":
            break
    return draft.snapshot(job.bot_id, patient=True)


def _train(draft: Draft, job: Publication, languages: list[str], key: str, tell: Tell, cancelled: Cancelled) -> str:
    """How the training ended. Raises CancelledError, and cancels then only what this publication began."""
    training, ours = _begun(draft, job.bot_id, languages, key)
    if training is None:
        return "ended"
    while (state := draft.training(training))["status"] in {"queued", "running"}:
        tell(state["percent"])
        if cancelled():
            if ours:
                draft.cancel_training(training)
            raise CancelledError
        time.sleep(_POLL_SECONDS)
    return str(state["status"])


def _begun(draft: Draft, bot: str, languages: list[str], key: str) -> tuple[str | None, bool]:
    """The training to wait for, and whether this publication began it; None when somebody else's has just ended."""
    try:
        return draft.train(bot, languages, key), True
    except ConflictError as error:
        if error.code != "training_running":
            raise
        return error.extra["training"], False
