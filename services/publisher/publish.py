"""The publication job: train if asked, copy, stage, activate, record. Every step may be run again.

Nothing shows in live before `activate` moves one pointer; running the whole job again after a crash
repeats only what is missing, because blobs and documents are named by their content and an activation
by its publication.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog

from services.publisher import audit, history, plan_records, records
from services.publisher.activating import about_to_switch, record_switch, switch, switched
from services.publisher.bridge import TargetParts
from services.publisher.copying import copy_missing, stage_mended
from services.publisher.draft import Draft
from services.publisher.finding import blockers
from services.publisher.gather import draft_moved, read_situation
from services.publisher.judging import accepted, judge
from services.publisher.live import Live
from services.publisher.prove import compare_proofs, drafts_proofs, gather_provenance
from services.publisher.records import Publication, now
from services.publisher.regression import cases_of, rehearse
from services.publisher.settling import served_as, settle
from services.publisher.training import CancelledError, trained
from shared.cases import Case
from shared.contracts import Finding, Proof, Release, Snapshot
from shared.db import Database
from shared.errors import GreenroomError, InvalidError
from shared.failpoints import reach
from shared.jobs import AWAY

log = structlog.get_logger()

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


@dataclass(frozen=True)
class Publishing:
    """The job with what it needs; `run` is what the job port calls. It waits for whoever is away, so that a neighbour

    that starts again fails no publication (P17).
    """

    db: Database
    draft: Draft
    targets: Mapping[str, TargetParts]

    def run(self, publication: str) -> None:
        job = self._load(publication)
        if job.ended:
            return
        try:
            entry = switched(self.db, self._live(job), job) if job.step == "activate" else None
            if entry is None:
                self._tell(job, "started", 1, status="running", started_at=job.started_at or now())
                self._publish(job)
            else:
                # Cut short after the switch: nothing is left but to say so.
                release = self._frozen(job.candidate or "")[0]
                record_switch(self.db, self._live(job), job, release, entry, (), self._draft_moved(job, release))
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
        release, provenance = self._frozen(candidate)
        with ThreadPoolExecutor(1) as beside:
            # The candidate of a plan mostly waits in live, and then nothing follows that takes long.
            looked = beside.submit(self._look_at_draft, job, release) if job.plan else None
            waiting = self._live(job).prove(release)
        if waiting is None:
            self._copy(job, release)
        proof, findings = self._stage(job, release, provenance, waiting)
        cases, moved = looked.result() if looked and waiting else self._look_at_draft(job, release)
        if cases:
            self._tell(job, "rehearse", 88, proof=proof)
            findings += self._rehearse(job, release, cases)
        about_to_switch(self.db, job, proof)
        reach("publish.activate.before")
        entry = switch(self.db, self._live(job), job, release)
        reach("publish.activated")
        record_switch(self.db, self._live(job), job, release, entry, findings, moved)

    # -- train ---------------------------------------------------------------

    def _train_and_freeze(self, job: Publication) -> str | None:
        """The candidate's digest, or None when live serves that outcome already (P10)."""
        reach("publish.train.before")
        draft = self._trained(job)
        situation = read_situation(self.db, self._live(job), self.draft, job.bot_id, draft, job.wish)
        verdict = judge(job.wish, situation)
        # Somebody may have asked for approvals while this was being trained (P21).
        needed = plan_records.approvals_needed(job.wish, situation.approvals, situation.base, situation.draft)
        found = (*verdict.findings, *plan_records.approval_missing(needed, 0))
        findings = accepted(found, job.accept)
        if blockers(findings):
            raise RefusedError(findings)
        release, live = verdict.candidate, situation.live
        assert release is not None
        if live and release.digest == live.digest and not live.unavailable:
            with self.db.writing() as connection:
                history.agree(connection, job.bot_id, job.wish, live, job.notes)
            self._end(job, "live", release=live.number, release_digest=live.digest)
            return None
        provenance = gather_provenance(self.draft, release, job.author, job.notes, patient=True)
        with self.db.writing() as connection:
            digest = records.freeze(connection, release, provenance)
            kept = records.as_json(findings)
            base = live.digest if live else None
            records.change(connection, job.id, candidate=digest, base_digest=base, findings=kept)
        return digest

    def _trained(self, job: Publication) -> Snapshot:
        def tell(percent: float) -> None:
            self._tell(job, "train", 2 + percent * 0.6)

        return trained(self.draft, job, tell, lambda: self._load(job.id).cancel_requested)

    # -- copy, stage, activate, record ----------------------------------------

    def _served(self, job: Publication) -> Release | None:
        """What the target served when the candidate was frozen."""
        with self.db.reading() as connection:
            current = records.find(connection, job.id)
            base = current.base_digest if current else None
            return records.release_kept(connection, base) if base else None

    def _copy(self, job: Publication, release: Release) -> None:
        copy_missing(self.draft, self._live(job), release, self._served(job), self._copying(job))

    def _copying(self, job: Publication) -> Callable[[float], None]:
        def tell(share: float) -> None:
            self._stop_if_cancelled(job)
            self._tell(job, "copy", 65 + 15 * share)

        return tell

    def _stage(
        self, job: Publication, release: Release, provenance: dict[str, Any], waiting: Proof | None
    ) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        """Live loads, warms and probes the candidate, and draft its own; both then show what they have (P12).

        A plan may have had that done: then it is `waiting` in live.
        """
        if waiting is None:
            self._tell(job, "check", 80)
        try:
            with ThreadPoolExecutor(1) as beside:
                # A rollback needs no draft (P18).
                asks = job.wish.mode != "rollback"
                asked = beside.submit(drafts_proofs, self.draft, release, waiting is None) if asks else None
                live = waiting or stage_mended(self.draft, self._live(job), release, provenance, self._copying(job))
                reach("publish.staged")
            drafts = asked.result() if asked else None
        except InvalidError as error:
            if error.code not in _REFUSALS:
                raise
            raise RefusedError((Finding(code=error.code, severity="blocker", message=error.detail),)) from error
        comparison, findings = compare_proofs(release, drafts, live, job.wish.place)
        proof = comparison.model_dump(mode="json")
        if blockers(findings):
            self._tell(job, "check", 88, proof=proof)
            raise RefusedError(findings)
        return proof, findings

    def _rehearse(self, job: Publication, release: Release, cases: Mapping[str, Case]) -> tuple[Finding, ...]:
        """Regression cases on what live has staged (P16)."""
        found = rehearse(self._live(job), job.wish, release, cases)
        findings = accepted(found, job.accept)
        if blockers(findings):
            raise RefusedError(findings)
        if blockers(found):
            with self.db.writing() as connection:
                audit.publication_overridden(connection, job, [finding.code for finding in found])
        return findings

    def _look_at_draft(self, job: Publication, release: Release) -> tuple[dict[str, Case], bool]:
        """Its regression cases, and whether it has moved."""
        return cases_of(self.draft, job.wish, release), self._draft_moved(job, release)

    def _draft_moved(self, job: Publication, release: Release) -> bool:
        return job.wish.mode != "rollback" and draft_moved(self.draft, job.bot_id, job.wish, release)

    def _live(self, job: Publication) -> Live:
        return self.targets[job.wish.target].live.patiently()

    # -- its own row -----------------------------------------------------------

    def _frozen(self, candidate: str) -> tuple[Release, dict[str, Any]]:
        with self.db.reading() as connection:
            return records.thaw(connection, candidate)

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
            audit.publication_ended(connection, job, status, **values)
            served = served_as(connection, job)
            if served:
                settle(connection, job.id, *served)
        log.info("publication_ended", publication=job.id, status=status)

    def _stop_if_cancelled(self, job: Publication) -> None:
        if self._load(job.id).cancel_requested:
            raise CancelledError
