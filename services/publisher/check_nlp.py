"""What stands in the way of publishing NLP: training, intents that would go, nothing new (P3 to P5). Pure."""

from collections.abc import Iterable

from services.publisher.compose import THRESHOLDS, has_expressions, published
from services.publisher.finding import blocker, capitalised
from services.publisher.wish import Wish
from shared.contracts import Finding, IntentMark, LanguageNlp, Release, Snapshot
from shared.flows.references import references

_NOT_TRAINED = {
    "never_trained": ("nlp_never_trained", "was never trained: train it, or let the publication train it."),
    "training": ("nlp_training", "is being trained now: publish when the training has ended."),
    "failed": ("nlp_training_failed", "failed its last training ({error}): mend that and train again."),
    "stale": ("nlp_stale", "was trained, then edited: train it again, or let the publication train it."),
}
_SETTLED_BY_TRAINING = {code for code, _ in _NOT_TRAINED.values()}


def needs_training(findings: Iterable[Finding]) -> bool:
    """True when a training would settle a finding that stands in the way (`train: "if_needed"`)."""
    return any(finding.code in _SETTLED_BY_TRAINING for finding in findings)


def without_training(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.code not in _SETTLED_BY_TRAINING)


def training_findings(draft: Snapshot, languages: tuple[str, ...] | None) -> list[Finding]:
    """P3, for each language that is published. A bot without intents passes."""
    if not draft.intents:
        return []
    return [
        _not_trained(language, draft.nlp[language])
        for language in published(draft, languages)
        if draft.nlp[language].status != "trained"
    ]


def unknown_languages(draft: Snapshot, languages: tuple[str, ...] | None) -> list[Finding]:
    unknown = sorted(set(languages or ()) - set(draft.languages))
    if not unknown:
        return []
    message = f"The bot does not speak {', '.join(unknown)}; it speaks {', '.join(draft.languages)}."
    return [blocker("unknown_language", message, [{"kind": "language", "id": lang} for lang in unknown])]


def gone_intents(draft: Snapshot, live: Release) -> list[IntentMark]:
    """By id, whatever they are called."""
    kept = {mark.id for mark in draft.intents}
    return [mark for mark in live.intents if mark.id not in kept]


def intents_removed(draft: Snapshot, live: Release, place: str) -> list[Finding]:
    """P5: each with the live blocks that would lose their trigger."""
    gone = gone_intents(draft, live)
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
    lost = f"{capitalised(place)} has intents that draft no longer has ({names})"
    message = f"{lost}: removing an intent needs a full publication."
    return [blocker("intents_removed", message, subjects)]


def models_left_behind(outcome: Release, live: Release | None, carried: Iterable[str], place: str) -> list[Finding]:
    """A model that stays, because its language is not published, must know the intents that will be there, and no

    others: live would refuse it.
    """
    names = {mark.id: mark.name for mark in (*(live.intents if live else ()), *outcome.intents)}
    found = []
    for language in sorted(outcome.models.keys() - set(carried)):
        wanted = {mark.id for mark in outcome.intents if language in mark.expressions}
        other = sorted(wanted ^ set(outcome.models[language].labels))
        if other:
            told = ", ".join(repr(names.get(intent, intent)) for intent in other)
            model = f"The model of {language!r} that {place} has"
            message = f"{model} does not go with these intents: {told}. Train and publish it too."
            subjects = [{"kind": "intent", "id": intent, "name": names.get(intent, intent)} for intent in other]
            found.append(blocker("intent_mismatch", message, [{"kind": "language", "id": language}, *subjects]))
    return found


def unchanged(draft: Snapshot, live: Release, wish: Wish) -> list[Finding]:
    """P4: fingerprints decide, not clocks; a change that was undone is no change."""
    carried = published(draft, wish.languages)
    same = (
        draft.languages == live.languages
        and all(getattr(draft.settings, name) == getattr(live.settings, name) for name in THRESHOLDS)
        and all(draft.settings.languages.get(k) == live.settings.languages.get(k) for k in carried)
        and all(_same_nlp(draft, live, language) for language in carried)
    )
    message = f"{capitalised(wish.place)} has this NLP and these thresholds already: there is nothing to publish."
    return [blocker("nlp_unchanged", message, [{"kind": "bot", "id": draft.bot.id}])] if same else []


def _not_trained(language: str, nlp: LanguageNlp) -> Finding:
    code, message = _NOT_TRAINED[nlp.status]
    text = f"The NLP of {language!r} " + message.format(error=nlp.error or "no reason given")
    return blocker(code, text, [{"kind": "language", "id": language}])


def _same_nlp(draft: Snapshot, live: Release, language: str) -> bool:
    model = live.models.get(language)
    if not has_expressions(draft, language):
        return model is None and _names(draft) == _names(live) and draft.entities == live.entities
    return model is not None and model.fingerprint == draft.nlp[language].fingerprint


def _names(of: Snapshot | Release) -> dict[str, str]:
    return {mark.id: mark.name for mark in of.intents}
