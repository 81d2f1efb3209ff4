"""What the evaluation of a large bot adds to its training: time, memory, and the size of what is kept.

    python -m bench.evaluation --expressions 100000 --intents 5000

Everything but the fitting of heads is what a training does: held-out answers of the sample, near duplicates, the
document. Embeddings and views are made up, around one centre an intent. Prints a table, or JSON with --json.
"""

import argparse
import json
import resource
import time
from typing import Any

import numpy as np
from scipy import sparse

from services.draft_api.evaluation.document import Named
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.evaluation.thresholds import advise, unpack
from services.draft_api.training.examples import Features
from services.draft_api.training.held_out import alike, held_out_answers
from services.draft_api.training.stack import OutOfFold
from shared.contracts import BotSettings

_SAMPLE, _DIMENSIONS = 12_000, 384


def measure(expressions: int, intents: int) -> dict[str, Any]:
    generator = np.random.RandomState(7)
    labels = np.sort(generator.randint(0, intents, expressions))
    centres = _unit(generator.standard_normal((intents, _DIMENSIONS)))
    embeddings = _unit(centres[labels] + 4 * _unit(generator.standard_normal((expressions, _DIMENSIONS))))
    features = Features(embeddings, sparse.csr_matrix((expressions, 1)))
    asked = np.zeros(expressions, bool)
    asked[generator.permutation(expressions)[:_SAMPLE]] = True
    near = embeddings[asked] @ centres.T
    found = OutOfFold([20 * near, near, 10 * near], labels[asked])
    before = _peak()
    began = time.perf_counter()
    answers = held_out_answers(found, np.ones(3))
    answered = time.perf_counter()
    pairs = alike(features, labels, asked, answers.own)
    compared = time.perf_counter()
    texts = [f"an expression of usual length, number {number}" for number in range(expressions)]
    written = Written(texts, labels, [Named(id=f"intent_{n:05}", name=f"intent number {n}") for n in range(intents)])
    document = evaluate(answers, [texts[row] for row in np.flatnonzero(asked)], written, pairs)
    ended = time.perf_counter()
    outcomes = answers.outcomes().tobytes()
    advised = time.perf_counter()
    advise(unpack(outcomes), BotSettings(), 0.0)
    return {
        "expressions": expressions,
        "intents": intents,
        "answers_seconds": answered - began,
        "near_duplicates_seconds": compared - answered,
        "document_seconds": ended - compared,
        "thresholds_seconds": time.perf_counter() - advised,
        "added_megabytes": _peak() - before,
        "document_kilobytes": len(document.model_dump_json()) / 1000,
        "outcomes_kilobytes": len(outcomes) / 1000,
    }


def _unit(rows: Any) -> Any:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _peak() -> float:
    """Megabytes of this process, at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expressions", type=int, default=100_000)
    parser.add_argument("--intents", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.expressions, given.intents)
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):26} {value:,.1f}" if isinstance(value, float) else f"{name:26} {value:,}")


if __name__ == "__main__":
    main()
