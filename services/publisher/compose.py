"""What live would become. Pure: draft's snapshot and live's release in, one release out.

This is the only place, with the checks, that asks which mode a publication has.
"""

from collections.abc import Iterable, Mapping

from services.publisher.wish import Wish
from shared.contracts import Flow, IntentMark, Release, Snapshot

THRESHOLDS = ("intent_threshold", "entity_threshold", "scope_threshold", "margin")


def compose(wish: Wish, draft: Snapshot | None, live: Release | None, earlier: Release | None = None) -> Release | None:
    """None where there is nothing to compose from: no first release (P7), no release to go back to."""
    if wish.mode == "rollback":
        return earlier
    if draft is None:
        return None
    if wish.mode == "full":
        return _full(draft, live, published(draft, wish.languages))
    if live is None:
        return None
    if wish.mode == "nlp":
        return _nlp(draft, live, published(draft, wish.languages))
    return with_flows(draft, live, chosen_flows(wish, draft, live))


def _thresholds(draft: Snapshot, live: Release | None, languages: tuple[str, ...]) -> dict[str, object]:
    """Draft's; a language that is not published keeps those that it has in live, beside its model (P1)."""
    kept = {k: own for k, own in (live.settings.languages if live else {}).items() if k not in languages}
    fresh = {k: own for k, own in draft.settings.languages.items() if k in languages}
    own = {k: own for k, own in sorted({**kept, **fresh}.items()) if k in draft.languages}
    return {**{name: getattr(draft.settings, name) for name in THRESHOLDS}, "languages": own}


def published(draft: Snapshot, languages: tuple[str, ...] | None) -> tuple[str, ...]:
    return draft.languages if languages is None else tuple(lang for lang in draft.languages if lang in languages)


def chosen_flows(wish: Wish, draft: Snapshot, live: Release) -> frozenset[str]:
    """The ids of the flows that are named; what neither side has is left out."""
    everyone = draft.flows.keys() | live.flows.keys()
    if wish.flows is None:
        return frozenset(everyone)
    return frozenset(ids_of(wish.flows, draft.flows, live.flows)) & everyone


def ids_of(names: Iterable[str], draft: Mapping[str, Flow], live: Mapping[str, Flow]) -> list[str]:
    """Flows may be named by id or by name; draft's name wins over live's. What is unknown stays as it is."""
    known: dict[str, str] = {}
    for flows in (live, draft):
        known |= {flow.name: flow.id for flow in flows.values()}
    known |= {flow: flow for flow in (*live, *draft)}
    return [known.get(name, name) for name in names]


def with_flows(draft: Snapshot, live: Release, chosen: frozenset[str]) -> Release:
    """A chosen flow that draft lacks is removed; the others of live stay, and so does its NLP."""
    fresh = {flow: draft.flows[flow] for flow in chosen if flow in draft.flows}
    kept = {flow: content for flow, content in live.flows.items() if flow not in chosen}
    variables = {**live.variables, **_declared(fresh, draft)}
    return live.model_copy(update={"flows": dict(sorted({**kept, **fresh}.items())), "variables": variables})


def _declared(flows: Mapping[str, Flow], draft: Snapshot) -> dict[str, dict[str, object]]:
    names = {name for flow in flows.values() for name in flow.variables}
    return {name: draft.variables[name] for name in sorted(names) if name in draft.variables}


def _full(draft: Snapshot, live: Release | None, languages: tuple[str, ...]) -> Release:
    return Release(
        bot=draft.bot,
        settings=draft.settings.model_copy(update=_thresholds(draft, live, languages)),
        languages=draft.languages,
        intents=_marks(draft, live, languages),
        entities=draft.entities,
        models=_models(draft, live, languages),
        flows=draft.flows,
        variables=draft.variables,
    )


def _nlp(draft: Snapshot, live: Release, languages: tuple[str, ...]) -> Release:
    settings = live.settings.model_copy(update=_thresholds(draft, live, languages))
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
