"""Everything that a release must withstand before it may be activated (R6, P12). Nothing of it shows before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from services.live_api.composing import refuse_dangling
from services.live_api.floor import FloorParts
from services.live_api.keeping import artifacts_of, is_kept, keep, touch
from services.live_api.pointer import one_mover_at_a_time
from services.live_api.roster import not_staged
from shared.brain import Brain, prove
from shared.contracts import Proof, Release
from shared.errors import ConflictError, InvalidError
from shared.failpoints import reach
from shared.nlp.onnx import NEWEST_IR, NEWEST_OPSET
from shared.probes import Probe, ProbeResult

_TOLERANCE = 1e-3


@dataclass(frozen=True)
class _Ready:
    """A candidate that is loaded and proven. `document` is None for one that is kept here already."""

    proof: Proof
    document: bytes | None
    inspected: bool


async def stage(floor: FloorParts, release: Release, provenance: dict[str, Any]) -> tuple[Proof, bool]:
    """The proof, and whether the release is new here. Doing it again does no harm.

    Raises ConflictError `artifacts_missing` with the digests that are `missing`; InvalidError `intent_mismatch`,
    `runtime_unsupported`, `dangling_reference`, `probe_mismatch`, or what is found wrong with a model.
    """
    # A plan that is weighed and the publication of that plan bring the same candidate at the same time.
    async with floor.stagings.of(release.digest):
        ready = await floor.backstage.run(_make_ready, floor, release)
        # It holds the database, for which people wait too: not on a thread that steps aside.
        new = await run_in_threadpool(_keep, floor, release, provenance, ready.document)
        reach("live.release.staged")
    if ready.inspected:
        # Whoever changes a model today will do so again. Last, because starting takes what this needs.
        await floor.backstage.run(floor.inspector.expect)
    return ready.proof, new


async def prove_again(floor: FloorParts, bot: str, digest: str) -> Proof:
    """Of a candidate that waits for its switch, as a plan has had it staged: nothing is sent or read a second time.

    It counts as staged just now. Raises NotFoundError `release_not_staged`, `artifact_missing`, ConflictError
    `artifacts_missing`, InvalidError `artifact_digest_mismatch`.
    """
    async with floor.stagings.of(digest):
        brain = floor.roster.staged(bot, digest)
        if brain is None:
            raise not_staged(digest)
        proof = await floor.backstage.run(_proof, floor, brain)
        await run_in_threadpool(_keep_on, floor, brain.release)
        floor.roster.stage(brain)
    return proof


def _make_ready(floor: FloorParts, release: Release) -> _Ready:
    _require_artifacts(floor, release)
    known = _is_known(floor, release)
    if not known:
        check_labels(release)
        check_runtime(release)
    inspected = False if known else _inspect(floor, release)
    brain = floor.roster.candidate(release)
    if not known:
        refuse_dangling(release, brain.dialogue)
    floor.roster.stage(brain)
    return _Ready(_proof(floor, brain), None if known else release.canonical(), inspected)


def _proof(floor: FloorParts, brain: Brain) -> Proof:
    proof = prove(brain, floor.artifacts.verify)
    models = brain.release.models.values()
    expected = {(model.language, probe.text): probe for model in models for probe in model.probes}
    return proof.model_copy(update={"warnings": compare_probes(expected, proof.probes)})


def check_labels(release: Release) -> None:
    """A model knows exactly the intents that have expressions in its language. Raises `intent_mismatch`."""
    for language, model in release.models.items():
        wanted = {mark.id for mark in release.intents if language in mark.expressions}
        if model.language != language or len(model.labels) != len(set(model.labels)) or set(model.labels) != wanted:
            raise InvalidError(
                "intent_mismatch",
                f"The labels of the model for {language!r} are not the intents with expressions in that language.",
                missing=sorted(wanted - set(model.labels)),
                unknown=sorted(set(model.labels) - wanted),
            )


def check_runtime(release: Release) -> None:
    """Raises `runtime_unsupported` before a byte of a model is looked at."""
    for language, model in release.models.items():
        if model.runtime.opset > NEWEST_OPSET or model.runtime.ir_version > NEWEST_IR:
            needed = f"opset {model.runtime.opset}, IR {model.runtime.ir_version}"
            detail = f"The model for {language!r} needs {needed}; live has opset {NEWEST_OPSET}, IR {NEWEST_IR}."
            raise InvalidError("runtime_unsupported", detail)


def compare_probes(expected: dict[tuple[str, str], Probe], found: Iterable[ProbeResult]) -> tuple[str, ...]:
    """Warnings. Raises `probe_mismatch` when an intent differs, or a score by more than 1e-3."""
    pairs = [(expected[(result.language, result.text)], result) for result in found]
    wrong = [
        result.text for probe, result in pairs if probe.intent != result.intent or _delta(probe, result) > _TOLERANCE
    ]
    if wrong:
        raise InvalidError(
            "probe_mismatch", f"{len(wrong)} probe sentences are answered differently here.", probes=wrong[:20]
        )
    return ("cpu_differs",) if any(_delta(probe, result) for probe, result in pairs) else ()


def _delta(probe: Probe, result: ProbeResult) -> float:
    return max(abs(probe.confidence - result.confidence), abs(probe.scope - result.scope))


def _require_artifacts(floor: FloorParts, release: Release) -> None:
    missing = sorted(digest for digest in artifacts_of(release) if not floor.artifacts.has(digest))
    if missing:
        raise ConflictError("artifacts_missing", f"{len(missing)} artifacts are not here yet.", missing=missing)


def _is_known(floor: FloorParts, release: Release) -> bool:
    """What is kept here came in through these very checks: a rollback does not pay for them again."""
    with floor.db.reading() as connection:
        return is_kept(connection, release.bot.id, release.digest)


def _inspect(floor: FloorParts, release: Release) -> bool:
    """Whether there was something to look at: a publication of flows alone does not pay for it again."""
    served = floor.roster.loaded(release.bot.id)
    new = [model for model in release.models.values() if model.digest not in served]
    for model in new:
        floor.inspector.inspect(model, floor.artifacts.read)
    return bool(new)


def _keep(floor: FloorParts, release: Release, provenance: dict[str, Any], document: bytes | None) -> bool:
    """Whether it is new here. Its artifacts are looked for again: sweeping may have come between."""
    try:
        with floor.db.writing() as connection:
            one_mover_at_a_time(connection, floor.db.is_sqlite)
            _require_artifacts(floor, release)
            return keep(connection, release, provenance, document)
    except IntegrityError:
        return False


def _keep_on(floor: FloorParts, release: Release) -> None:
    """Raises `release_not_staged` where it was swept."""
    with floor.db.writing() as connection:
        one_mover_at_a_time(connection, floor.db.is_sqlite)
        _require_artifacts(floor, release)
        if not touch(connection, release.bot.id, release.digest):
            raise not_staged(release.digest)
