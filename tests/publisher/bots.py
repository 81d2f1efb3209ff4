"""A café's bot, as draft has it and as live serves it: what the tests of pure decisions are about."""

from typing import Any

from services.publisher.compose import compose
from services.publisher.wish import Wish
from shared.contracts import (
    BotIdentity,
    BotSettings,
    ExpressionMark,
    Flow,
    IntentMark,
    LanguageNlp,
    ModelManifest,
    Release,
    Runtime,
    Snapshot,
)
from shared.digest import digest_of

CAFE = BotIdentity(id="bot_cafe", name="Harbour Café")


def mark(name: str, texts: int = 3, languages: tuple[str, ...] = ("en",), version: str = "1") -> IntentMark:
    fingerprint = digest_of(f"{name}{version}".encode())
    expressions = {language: ExpressionMark(count=texts, fingerprint=fingerprint) for language in languages}
    return IntentMark(id=f"intent_{name}", name=name, expressions=expressions)


def model(language: str, version: str = "1") -> ModelManifest:
    return ModelManifest(
        language=language,
        profile="fast",
        fingerprint=digest_of(f"{language}{version}".encode()),
        labels=("intent_greet", "intent_order"),
        files=(),
        encoder=None,
        ngram_buckets=1024,
        scope_threshold=-1.0,
        fold_accents=True,
        probes=(),
        runtime=Runtime(opset=18, ir_version=9, operators=("MatMul",)),
    )


def trained(language: str = "en", version: str = "1") -> LanguageNlp:
    found = model(language, version)
    return LanguageNlp(status="trained", fingerprint=found.fingerprint, model=found)


def flow(*blocks: dict[str, Any], name: str = "menu", variables: tuple[str, ...] = ()) -> dict[str, Flow]:
    return {name: Flow(id=name, name=name.capitalize(), blocks=blocks, variables=variables)}


def says(block: str, **more: Any) -> dict[str, Any]:
    return {"id": block, "kind": "message", "messages": [{"text": "Aye."}], **more}


def draft(**changes: Any) -> Snapshot:
    values: dict[str, Any] = {
        "bot": CAFE,
        "settings": BotSettings(),
        "languages": ("en",),
        "intents": (mark("greet"), mark("order")),
        "entities": {},
        "flows": flow(says("hello", intent="intent_greet")),
        "variables": {},
        "nlp": {"en": trained()},
    }
    return Snapshot(**{**values, **changes})


FULL, NLP, FLOWS = Wish(mode="full"), Wish(mode="nlp"), Wish(mode="flows")


def only(*flows: str) -> Wish:
    return Wish(mode="flows", flows=flows)


def outcome(wish: Wish, snapshot: Snapshot, release: Release | None) -> Release:
    found = compose(wish, snapshot, release)
    assert found is not None
    return found


def live(of: Snapshot | None = None) -> Release:
    return outcome(FULL, of or draft(), None)
