"""Whether a text is understood (T2, T3, T5, T11). Pure."""

from collections.abc import Mapping

from shared.contracts import BotSettings, Classification, FoundEntity, ScoredIntent
from shared.nlp.model import Scores

_SHOWN = 5


def decide(
    text: str,
    language: str,
    scores: Scores | None,
    settings: BotSettings,
    fitted_scope: float,
    names: Mapping[str, str],
    model: str | None,
    entities: tuple[FoundEntity, ...] = (),
) -> Classification:
    """`scores` is None without a model for the language, and for a text that is too long to be read."""
    if len(text) > settings.max_message_length:
        return _refused(text, language, "message_too_long", model)
    if scores is None:
        return _refused(text, language, "no_model", model, entities)
    ranking = tuple(_scored(intent, confidence, names) for intent, confidence in _with_exact(scores)[:_SHOWN])
    reason = None if scores.exact else _reason(scores, settings, fitted_scope)
    return Classification(
        text=text,
        language=language,
        understood=reason is None,
        reason=reason,
        intent=ranking[0] if reason is None else None,
        exact_match=scores.exact is not None,
        scope=scores.scope,
        ranking=ranking,
        entities=entities,
        model=model,
    )


def _reason(scores: Scores, settings: BotSettings, fitted_scope: float) -> str | None:
    """Both thresholds are strict: a score that equals one is not above it."""
    confidences = [confidence for _, confidence in scores.ranking]
    threshold = fitted_scope if settings.scope_threshold == "auto" else float(settings.scope_threshold)
    if confidences[0] <= settings.intent_threshold:
        return "low_confidence"
    if scores.scope <= threshold:
        return "out_of_scope"
    close = len(confidences) > 1 and confidences[0] - confidences[1] < settings.margin
    return "ambiguous" if close else None


def _with_exact(scores: Scores) -> tuple[tuple[str, float], ...]:
    """T3: the intent of an equal expression has confidence 1.0; the others stay as the model ranks them."""
    if scores.exact is None:
        return scores.ranking
    return ((scores.exact, 1.0), *(pair for pair in scores.ranking if pair[0] != scores.exact))


def _scored(intent: str, confidence: float, names: Mapping[str, str]) -> ScoredIntent:
    return ScoredIntent(id=intent, name=names.get(intent, intent), confidence=confidence)


def _refused(
    text: str, language: str, reason: str, model: str | None, entities: tuple[FoundEntity, ...] = ()
) -> Classification:
    return Classification(text=text, language=language, understood=False, reason=reason, entities=entities, model=model)
