"""What live would become. Pure: draft's snapshot and live's release in, one release out.

This is the only place, with `checks`, that asks which mode a publication has.
"""

from shared.contracts import IntentMark, Release, Snapshot

THRESHOLDS = ("intent_threshold", "entity_threshold", "scope_threshold", "margin")


def compose(mode: str, draft: Snapshot, live: Release | None, languages: tuple[str, ...] | None = None) -> Release:
    """`languages` limits what is published of the NLP; the others keep live's model (P1)."""
    if mode == "nlp":
        if live is None:
            raise ValueError("only a full publication can be the first (P7)")
        return _nlp(draft, live, published(draft, languages))
    return _full(draft, live, published(draft, languages))


def published(draft: Snapshot, languages: tuple[str, ...] | None) -> tuple[str, ...]:
    return draft.languages if languages is None else tuple(lang for lang in draft.languages if lang in languages)


def _full(draft: Snapshot, live: Release | None, languages: tuple[str, ...]) -> Release:
    return Release(
        bot=draft.bot,
        settings=draft.settings,
        languages=draft.languages,
        intents=_marks(draft, live, languages),
        entities=draft.entities,
        models=_models(draft, live, languages),
        flows=draft.flows,
        variables=draft.variables,
    )


def _nlp(draft: Snapshot, live: Release, languages: tuple[str, ...]) -> Release:
    settings = live.settings.model_copy(update={name: getattr(draft.settings, name) for name in THRESHOLDS})
    return live.model_copy(
        update={
            "settings": settings,
            "languages": draft.languages,
            "intents": _marks(draft, live, languages),
            "entities": draft.entities,
            "models": _models(draft, live, languages),
        }
    )


def _models(draft: Snapshot, live: Release | None, languages: tuple[str, ...]) -> dict[str, object]:
    kept = {k: m for k, m in (live.models if live else {}).items() if k in draft.languages and k not in languages}
    fresh = {k: draft.nlp[k].model for k in languages if has_expressions(draft, k) and draft.nlp[k].model}
    return {**kept, **fresh}


def _marks(draft: Snapshot, live: Release | None, languages: tuple[str, ...]) -> tuple[IntentMark, ...]:
    """Draft's intents; in a language that is not published each keeps the expressions that live's model knows."""
    old = {mark.id: mark.expressions for mark in (live.intents if live else ())}
    return tuple(
        mark.model_copy(
            update={
                "expressions": {
                    **{k: e for k, e in old.get(mark.id, {}).items() if k in draft.languages and k not in languages},
                    **{k: e for k, e in mark.expressions.items() if k in languages},
                }
            }
        )
        for mark in draft.intents
    )


def has_expressions(draft: Snapshot, language: str) -> bool:
    return any(language in mark.expressions for mark in draft.intents)
