"""P12: that live has the very model that draft trained and tested, shown rather than assumed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from services.publisher.draft import Draft
from shared.contracts import Finding, Proof, Release
from shared.counting import counted
from shared.document import Value
from shared.probes import ProbeResult

TOLERANCE = 1e-3


class Comparison(Value):
    """`probes` counts the sentences answered by both; `max_score_delta` is over confidence and scope."""

    digests_equal: bool
    probes: int
    max_score_delta: float
    processors: tuple[str, ...]


def drafts_proofs(draft: Draft, release: Release, again: bool = True) -> list[Proof]:
    """Where draft is not asked `again`, what it said of a model before is taken for its answer."""
    return [draft.proof(release.bot.id, model.digest, again) for model in release.models.values()]


def compare_proofs(
    release: Release, drafts: Sequence[Proof] | None, live: Proof, place: str = "live"
) -> tuple[Comparison, tuple[Finding, ...]]:
    """Bit-equal where processors are equal; else equal labels, scores within 1e-3, and a warning.

    `live` is the proof of the target, which `place` names. Without draft's side it is compared with what training wrote
    down.
    """
    if drafts is None:
        drafts = [_as_trained(release, live)]
    ours = {digest: real for proof in drafts for digest, real in proof.files.items()}
    expected = {file.digest: file.digest for model in release.models.values() for file in model.all_files()}
    theirs = {_key(result): result for result in live.probes}
    pairs = [(mine, theirs.get(_key(mine))) for proof in drafts for mine in proof.probes]
    processors = tuple(sorted({proof.processor for proof in (*drafts, live)}))
    comparison = Comparison(
        digests_equal=ours == expected == live.files,
        probes=len(pairs),
        max_score_delta=max((_delta(mine, other) for mine, other in pairs if other), default=0.0),
        processors=processors,
    )
    return comparison, tuple(_findings(comparison, pairs, place))


def _as_trained(release: Release, live: Proof) -> Proof:
    """Taken to be of another processor, since nobody wrote down which one trained."""
    files = {file.digest: file.digest for model in release.models.values() for file in model.all_files()}
    probes = tuple(
        ProbeResult(language=language, **asdict(probe))
        for language, model in release.models.items()
        for probe in model.probes
    )
    equal = {_key(result): result for result in live.probes}
    exact = all(equal.get(_key(probe)) == probe for probe in probes)
    return Proof(files=files, probes=probes, processor=live.processor if exact else "as trained")


def _key(result: ProbeResult) -> tuple[str, str]:
    return result.language, result.text


def _delta(mine: ProbeResult, other: ProbeResult) -> float:
    return max(abs(mine.confidence - other.confidence), abs(mine.scope - other.scope))


def _findings(
    comparison: Comparison, pairs: list[tuple[ProbeResult, ProbeResult | None]], place: str
) -> Iterable[Finding]:
    if not comparison.digests_equal:
        message = f"Draft and {place} do not hold the same bytes: the stored artifacts differ from their names."
        yield Finding(code="artifact_digest_mismatch", severity="blocker", message=message)
    allowed = 0.0 if len(comparison.processors) == 1 else TOLERANCE
    different = [mine for mine, other in pairs if other is None or not _alike(mine, other, allowed)]
    if different:
        subjects = tuple({"kind": "probe", "language": p.language, "text": p.text} for p in different[:20])
        probes = counted(comparison.probes, "probe sentence", "probe sentences")
        message = f"Of {probes}, {place} answers {len(different)} differently."
        yield Finding(code="probe_mismatch", severity="blocker", message=message, subjects=subjects)
    elif len(comparison.processors) > 1:
        message = f"Draft and {place} run on different processors; scores differ by up to {comparison.max_score_delta}."
        yield Finding(code="cpu_differs", severity="warning", message=message)


def _alike(mine: ProbeResult, other: ProbeResult, allowed: float) -> bool:
    return mine.intent == other.intent and _delta(mine, other) <= allowed


def gather_provenance(
    draft: Draft, release: Release, author: str, notes: str | None, patient: bool = False
) -> dict[str, Any]:
    """Where a release came from: beside it, never hashed into it, so equal behaviour keeps an equal digest."""
    models = {k: draft.provenance(release.bot.id, model.digest, patient) for k, model in release.models.items()}
    return {"author": author, "notes": notes, "models": models}
