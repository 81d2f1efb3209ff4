"""The publication job: train if asked, copy, stage, activate, record. Every step may be run again.

Nothing shows in live before `activate` moves one pointer; running the whole job again after a crash
repeats only what is missing, because blobs and documents are named by their content and an activation
by its publication.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from services.publisher import records
from services.publisher.checks import blockers, check, training_findings
from services.publisher.compose import compose
from services.publisher.peers import Activation, Draft, Live
from services.publisher.prove import compare_proofs, gather_provenance
from services.publisher.records import Publication, now
from shared.contracts import Finding, Release, Snapshot
from shared.db import Database
from shared.errors import ConflictError, GreenroomError, InvalidError, PreconditionError
from shared.failpoints import reach
from shared.jobs import AWAY

log = structlog.get_logger()

_POLL_SECONDS = 0.2
_MAX_TRAININGS = 3
# Codes of live that say "this candidate must not be served": the publication is refused, not failed.
_REFUSALS = {
    "probe_mismatch", "artifact_digest_mismatch", "model_invalid", "intent_mismatch", "runtime_unsupported",
    "model_opset_unsupported", "model_op_forbidden", "model_external_data", "model_not_finite",
    "model_signature_mismatch", "model_limits", "manifest_invalid", "dangling_reference",
}  # fmt: skip


class RefusedError(Exception):
    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = findings


class CancelledError(Exception):
    pass


@dataclass(frozen=True)
class Publishing:
    """The job with what it needs; `run` is what the job port calls."""

    db: Database
    draft: Draft
    live: Live

    def run(self, publication: str) -> None:
        job = self._load(publication)
        if job.ended:
            return
        try:
            self._tell(job, "started", 1, status="running", started_at=job.started_at or now())
            self._publish(job)
        except RefusedError as refusal:
            self._end(job, "refused", findings=records.as_json(refusal.findings))
        except CancelledError:
            self._end(job, "cancelled")
        except GreenroomError as error:
            self._end(job, "failed", error={"code": error.code, "detail": error.detail})
        except AWAY:
            raise
        except Exception as error:
            # A mistake of ours must not leave the bot with a publication that runs for ever (P17).
            log.exception("publication_interrupted", publication=job.id)
            self._end(job, "failed", error={"code": "internal", "detail": type(error).__name__})

    def _publish(self, job: Publication) -> None:
        candidate = job.candidate or self._train_and_freeze(job)
        if candidate is None:
            return
        with self.db.reading() as connection:
            release, provenance = records.thaw(connection, candidate)
        self._copy(job, release)
        findings = self._stage(job, release, provenance)
        self._stop_if_cancelled(job)
        activation = self._activate(job, release)
        self._record(job, release, activation, findings)

    # -- train ---------------------------------------------------------------

    def _train_and_freeze(self, job: Publication) -> str | None:
        """The candidate's digest, or None when live serves that outcome already (P10)."""
        reach("publish.train.before")
        draft = self._trained(job)
        current = self.live.active(job.bot_id, patient=True)
        base = current.release if current else None
        findings = check(job.mode, draft, base, job.languages)
        if blockers(findings):
            raise RefusedError(findings)
        release = compose(job.mode, draft, base, job.languages)
        if current and release.digest == current.digest:
            self._end(job, "live", release=current.number, release_digest=current.digest)
            return None
        provenance = gather_provenance(self.draft, release, job.author, job.notes)
        with self.db.writing() as connection:
            digest = records.freeze(connection, release, provenance)
            records.change(connection, job.id, candidate=digest, base_digest=current.digest if current else None)
        return digest

    def _trained(self, job: Publication) -> Snapshot:
        """Draft after the trainings that this publication waits for: somebody else's, or its own."""
        for attempt in range(_MAX_TRAININGS):
            draft = self.draft.snapshot(job.bot_id, patient=True)
            waiting = [finding.subjects[0]["id"] for finding in training_findings(draft, job.languages)]
            if not waiting or self._train(job, waiting, key=f"{job.id}-{attempt}") == "failed":
                break
        return self.draft.snapshot(job.bot_id, patient=True)

    def _train(self, job: Publication, languages: list[str], key: str) -> str:
        try:
            training = self.draft.train(job.bot_id, languages, key)
        except ConflictError as error:
            training = error.extra["training"]
        while (state := self.draft.training(training))["status"] in {"queued", "running"}:
            self._tell(job, "train", 2 + state["percent"] * 0.6)
            if self._load(job.id).cancel_requested:
                self.draft.cancel_training(training)
                raise CancelledError
            time.sleep(_POLL_SECONDS)
        return str(state["status"])

    # -- copy, stage, activate, record ----------------------------------------

    def _copy(self, job: Publication, release: Release) -> None:
        files = {file.digest: file for model in release.models.values() for file in model.all_files()}
        missing = [file for digest, file in files.items() if not self.live.has_blob(digest)]
        total, done = sum(file.size_bytes for file in missing) or 1, 0
        for file in missing:
            self._stop_if_cancelled(job)
            self.live.put_blob(file.digest, self.draft.blob(file.digest))
            reach("publish.blob.copied")
            done += file.size_bytes
            self._tell(job, "copy", 65 + 15 * done / total)

    def _stage(self, job: Publication, release: Release, provenance: dict[str, Any]) -> tuple[Finding, ...]:
        """Live loads, warms and probes the candidate; both sides then show what they have (P12)."""
        self._tell(job, "check", 80)
        try:
            live = self.live.stage(release, provenance)
            reach("publish.staged")
            drafts = [self.draft.proof(job.bot_id, model.digest) for model in release.models.values()]
        except InvalidError as error:
            if error.code not in _REFUSALS:
                raise
            raise RefusedError((Finding(code=error.code, severity="blocker", message=error.detail),)) from error
        proof, findings = compare_proofs(release, drafts, live)
        with self.db.writing() as connection:
            records.change(connection, job.id, proof=proof.model_dump(mode="json"))
        if blockers(findings):
            raise RefusedError(findings)
        return findings

    def _activate(self, job: Publication, release: Release) -> Activation:
        self._tell(job, "activate", 92)
        reach("publish.activate.before")
        with self.db.reading() as connection:
            current = records.find(connection, job.id)
        base = current.base_digest if current else None
        body = {
            "digest": release.digest,
            "origin": "publication",
            "publication": job.id,
            "notes": job.notes,
            "author": job.author,
        }
        try:
            activation = self.live.activate(job.bot_id, base, body)
        except PreconditionError as error:
            raise GreenroomError("live_moved", "Live moved while this was being published: publish again.") from error
        reach("publish.activated")
        return activation

    def _record(
        self, job: Publication, release: Release, activation: Activation, findings: tuple[Finding, ...]
    ) -> None:
        row = {
            "bot_id": job.bot_id,
            "number": activation.number,
            "digest": release.digest,
            "origin": "publication",
            "publication": job.id,
            "notes": job.notes,
            "author": job.author,
            "activated_at": activation.activated_at,
        }
        moved = self._draft_moved(job, release)
        with self.db.writing() as connection:
            records.record_release(connection, row)
            records.schedule_inbox(connection, job.bot_id, now() + timedelta(days=1))
            records.change(
                connection,
                job.id,
                status="live",
                step="done",
                percent=100.0,
                release=activation.number,
                release_digest=release.digest,
                findings=records.as_json(findings),
                draft_moved=moved,
                ended_at=now(),
            )
        log.info("published", bot=job.bot_id, release=activation.number, digest=release.digest)

    def _draft_moved(self, job: Publication, release: Release) -> bool:
        """Whether draft has gone on since the candidate was frozen: reported, never mixed in."""
        try:
            draft = self.draft.snapshot(job.bot_id)
            return compose(job.mode, draft, release, job.languages).digest != release.digest
        except GreenroomError:
            return False

    # -- its own row -----------------------------------------------------------

    def _load(self, publication: str) -> Publication:
        with self.db.reading() as connection:
            found = records.find(connection, publication)
        if found is None:
            raise LookupError(publication)
        return found

    def _tell(self, job: Publication, step: str, percent: float, **values: Any) -> None:
        with self.db.writing() as connection:
            records.change(connection, job.id, step=step, percent=percent, **values)

    def _end(self, job: Publication, status: str, **values: Any) -> None:
        with self.db.writing() as connection:
            records.change(connection, job.id, status=status, ended_at=now(), **values)
        log.info("publication_ended", publication=job.id, status=status)

    def _stop_if_cancelled(self, job: Publication) -> None:
        if self._load(job.id).cancel_requested:
            raise CancelledError
