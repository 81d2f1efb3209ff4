"""What stands in the way of a publication: findings, as values. Pure.

Codes are those of the HTTP contract; a finding says what to do next and names its subjects.
"""

from collections.abc import Iterable
from typing import Any

from services.publisher.compose import THRESHOLDS, compose, has_expressions, published
from shared.contracts import Finding, LanguageNlp, Release, Severity, Snapshot
from shared.flows.lint import lint
from shared.flows.references import dangling, references

FEW = 5

_NOT_TRAINED = {
    "never_trained": ("nlp_never_trained", "was never trained: train it, or publish with train: if_needed."),
    "training": ("nlp_training", "is being trained now: publish when the training has ended."),
    "failed": ("nlp_training_failed", "failed its last training ({error}): mend that and train again."),
    "stale": ("nlp_stale", "was trained, then edited: train it again, or publish with train: if_needed."),
}


def check(
    mode: str, draft: Snapshot, live: Release | None, languages: tuple[str, ...] | None = None
) -> tuple[Finding, ...]:
    """Every finding at once, blockers first. What training will settle is left to `training_findings`."""
    if live is None and mode != "full":
        return (_never_published(draft),)
    findings = [*_unknown_languages(draft, languages), *training_findings(draft, languages)]
    if mode == "nlp" and live is not None:
        findings += _nlp_findings(draft, live, languages)
    else:
        outcome = compose(mode, draft, live, languages)
        findings += [*_dangling(outcome), *_warnings(outcome)]
    return tuple(sorted(findings, key=lambda finding: finding.severity))


def blockers(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.severity == "blocker")


def needs_training(findings: Iterable[Finding]) -> bool:
    """True when a training would settle a finding that stands in the way (`train: "if_needed"`)."""
    return any(f.code in {"nlp_never_trained", "nlp_stale", "nlp_training_failed", "nlp_training"} for f in findings)


def without_training(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(f for f in findings if not needs_training([f]))


def training_findings(draft: Snapshot, languages: tuple[str, ...] | None) -> list[Finding]:
    """P3, for each language that is published. A bot without intents passes."""
    if not draft.intents:
        return []
    return [
        _not_trained(language, draft.nlp[language])
        for language in published(draft, languages)
        if draft.nlp[language].status != "trained"
    ]


def _not_trained(language: str, nlp: LanguageNlp) -> Finding:
    code, message = _NOT_TRAINED[nlp.status]
    text = f"The NLP of {language!r} " + message.format(error=nlp.error or "no reason given")
    return _finding(code, text, [{"kind": "language", "id": language}])


def _never_published(draft: Snapshot) -> Finding:
    message = f"{draft.bot.name!r} was never published: the first publication must be full."
    return _finding("never_published", message, [{"kind": "bot", "id": draft.bot.id, "name": draft.bot.name}])


def _unknown_languages(draft: Snapshot, languages: tuple[str, ...] | None) -> list[Finding]:
    unknown = sorted(set(languages or ()) - set(draft.languages))
    if not unknown:
        return []
    message = f"The bot does not speak {', '.join(unknown)}; it speaks {', '.join(draft.languages)}."
    return [_finding("unknown_language", message, [{"kind": "language", "id": lang} for lang in unknown])]


def _nlp_findings(draft: Snapshot, live: Release, languages: tuple[str, ...] | None) -> list[Finding]:
    removed = _intents_removed(draft, live)
    if removed:
        return removed
    return _unchanged(draft, live, languages) + _dangling(compose("nlp", draft, live, languages))


def _intents_removed(draft: Snapshot, live: Release) -> list[Finding]:
    """P5: by id, each with the live blocks that would lose their trigger."""
    kept = {mark.id for mark in draft.intents}
    gone = [mark for mark in live.intents if mark.id not in kept]
    if not gone:
        return []
    blocks = [ref for ref in references(live.flows) if ref.kind == "intent"]
    subjects = [
        {
            "kind": "intent",
            "id": mark.id,
            "name": mark.name,
            "blocks": [{"flow": ref.flow, "block": ref.block} for ref in blocks if ref.target == mark.id],
        }
        for mark in gone
    ]
    names = ", ".join(repr(mark.name) for mark in gone)
    message = f"Live has intents that draft no longer has ({names}): removing an intent needs a full publication."
    return [_finding("intents_removed", message, subjects)]


def _unchanged(draft: Snapshot, live: Release, languages: tuple[str, ...] | None) -> list[Finding]:
    """P4: fingerprints decide, not clocks; a change that was undone is no change."""
    same = (
        draft.languages == live.languages
        and all(getattr(draft.settings, name) == getattr(live.settings, name) for name in THRESHOLDS)
        and all(_same_nlp(draft, live, language) for language in published(draft, languages))
    )
    message = "Live has this NLP and these thresholds already: there is nothing to publish."
    return [_finding("nlp_unchanged", message, [{"kind": "bot", "id": draft.bot.id}])] if same else []


def _same_nlp(draft: Snapshot, live: Release, language: str) -> bool:
    model = live.models.get(language)
    if model is None or not has_expressions(draft, language):
        return model is None and _names(draft) == _names(live) and draft.entities == live.entities
    return model.fingerprint == draft.nlp[language].fingerprint


def _names(of: Snapshot | Release) -> dict[str, str]:
    return {mark.id: mark.name for mark in of.intents}


def _dangling(release: Release) -> list[Finding]:
    """P9: what a block refers to must be there. One finding for each thing that is missing."""
    intents = {mark.id: mark.name for mark in release.intents}
    missing: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for ref in dangling(release.flows, intents, release.entities, release.variables):
        missing.setdefault((ref.kind, ref.target), []).append({"flow": ref.flow, "block": ref.block})
    return [
        _finding(
            "dangling_reference",
            f"{_places(places)} to the {kind} {target!r}, which does not exist: make it, or change the block.",
            [{"kind": kind, "id": target, "blocks": places}],
        )
        for (kind, target), places in sorted(missing.items())
    ]


def _warnings(release: Release) -> list[Finding]:
    """What users would stumble over, though it can be published."""
    names = {mark.id: mark.name for mark in release.intents}
    found = lint(release.flows, names, release.entities, release.variables, release.languages)
    return [finding for finding in found if finding.severity == "warning"] + _few_expressions(release)


def _few_expressions(release: Release) -> list[Finding]:
    return [
        _finding(
            "few_expressions",
            f"The intent {mark.name!r} has {mark.expression_count} expressions: {FEW} or more are understood better.",
            [{"kind": "intent", "id": mark.id, "name": mark.name}],
            "warning",
        )
        for mark in release.intents
        if mark.expression_count < FEW
    ]


def _places(places: list[dict[str, Any]]) -> str:
    names = ", ".join(sorted({f"{place['flow']}/{place['block']}" for place in places}))
    return f"Block {names} refers" if len(places) == 1 else f"Blocks {names} refer"


def _finding(code: str, message: str, subjects: list[dict[str, Any]], severity: Severity = "blocker") -> Finding:
    return Finding(code=code, severity=severity, message=message, subjects=tuple(subjects))
