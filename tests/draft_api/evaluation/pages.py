"""The report of a bot whose names and expressions are markup."""

from datetime import UTC, datetime

import numpy as np

from services.draft_api.evaluation.advice import advise_builder
from services.draft_api.evaluation.change import change_between
from services.draft_api.evaluation.document import Evaluation, Named
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.evaluation.report import Subject, report
from services.draft_api.evaluation.thresholds import advise, unpack
from shared.contracts import BotSettings
from tests.draft_api.evaluation.answers import RAILWAY, answers

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def hostile_page() -> tuple[str, Evaluation]:
    labels, guesses = [0] * 30 + [1] * 8, [0] * 25 + [1] * 5 + [1] * 8
    made = answers(labels, guesses, [0.9] * 25 + [0.95] * 5 + [0.9] * 8)
    texts = [f"{HOSTILE} {place}" for place in range(len(labels))]
    intents = [Named(id=f"int_{name}", name=f"{name} {HOSTILE}") for name in ("dog", "fare", "lost")]
    found = evaluate(made, texts, Written(texts, np.array(labels), intents), [(0, 30, 0.97)])
    thresholds = advise(unpack(made.outcomes().tobytes()), BotSettings(), -1.0)
    subject = Subject(HOSTILE, "en", "fast", NOON, "sha256:" + "7" * 64)
    advice = advise_builder(found, thresholds, RAILWAY)
    assert {kind.kind for kind in advice} >= {"move", "tell_apart", "near_duplicates", "write_more"}
    history = [(NOON, 0.8), (NOON, 0.7)]
    return report(subject, found, thresholds, change_between(found, found), history, advice, asks=True), found
