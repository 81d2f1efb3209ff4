"""Answers of a small railway, made up by hand."""

from collections.abc import Sequence

import numpy as np

from services.draft_api.evaluation.advice import Circumstances
from services.draft_api.evaluation.answers import Answers, Verdicts, verdicts
from services.draft_api.evaluation.document import Evaluation, Named
from services.draft_api.evaluation.evaluate import Written, evaluate

DOG, FARE, LOST = INTENTS = [Named(id=f"int_{name}", name=name) for name in ("dog", "fare", "lost")]
RAILWAY = Circumstances(language="en", profile="default", foreign=False, installed=True, asks=True)


def answers(labels: Sequence[int], guesses: Sequence[int], sure: float | Sequence[float] = 0.9) -> Answers:
    """Sure of each guess by `sure`; what is left over is shared by the other two intents."""
    rows = np.arange(len(labels))
    odds = np.repeat(((1 - np.broadcast_to(sure, len(labels))) / 2)[:, None], 3, axis=1)
    odds[rows, guesses] = sure
    own = odds[rows, labels]
    said = verdicts(odds, np.log(odds.max(axis=1)))
    return Answers(
        labels=np.array(labels),
        said=said,
        own=own,
        place=(odds > own[:, None]).sum(axis=1),
        plain=said.confidence,
        plain_right=said.guess == labels,
        stranger=Verdicts(said.guess, said.confidence / 2, said.runner_up, said.scope - 1),
    )


def texts(labels: Sequence[int]) -> list[str]:
    return [f"{INTENTS[label].name} sentence {place}" for place, label in enumerate(labels)]


def evaluated(
    labels: Sequence[int],
    guesses: Sequence[int],
    sure: float | Sequence[float] = 0.9,
    silent: Sequence[Named] = (),
) -> Evaluation:
    said = texts(labels)
    return evaluate(answers(labels, guesses, sure), said, Written(said, np.array(labels), INTENTS, silent), [])
