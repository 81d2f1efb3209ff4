import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.draft_api.training.examples import Examples, Features
from services.draft_api.training.features import ngram_matrix
from services.draft_api.training.head_graph import head_graph
from services.draft_api.training.stack import (
    Heads,
    OutOfFold,
    fit_heads,
    fit_mix,
    probabilities,
    scope_scores,
)
from shared.nlp.model import SCOPE_WEIGHT
from shared.nlp.ngrams import hash_ngrams
from shared.nlp.onnx import Head, Skeletons

BUCKETS = 1024
SAID = [
    ("where is my card", 0),
    ("my card has not arrived", 0),
    ("i want to buy a ticket", 1),
    ("a ticket to paris please", 1),
    ("may my dog come along", 2),
    ("is there a dog on the train", 2),
]
MIX = np.array([0.8, 1.3])


@pytest.mark.parametrize("text", ["has my card arrived", "tickets for the dog", "what is the meaning of life"])
def test_a_threshold_is_fitted_on_the_scope_that_is_served(text: str) -> None:
    heads = fitted()
    views = heads.views(features([text]), 3)
    (trained,) = scope_scores(probabilities(views, MIX), views, MIX)
    ids, values = hash_ngrams(text, BUCKETS)
    graph = Head(head_graph(heads, MIX, 3), Skeletons())
    odds, nearest = graph.run(["probabilities", "nearest"], {"ngram_ids": ids, "ngram_values": values})
    served = math.log(float(odds.max())) + SCOPE_WEIGHT * float(nearest.reshape(-1)[0])
    # Served weights are rounded to eight bits.
    assert served == pytest.approx(trained, abs=0.05)


def test_a_stranger_is_further_out_of_scope_than_what_was_nearly_said() -> None:
    views = fitted().views(features(["where is my bank card", "colourless green ideas sleep"]), 3)
    known, stranger = scope_scores(probabilities(views, MIX), views, MIX)
    assert stranger < known


def test_a_name_teaches_what_nobody_has_said() -> None:
    (guess,) = fitted("kreditkarte", "fahrkarte", "hund").views(features(["kreditkarte"]), 3)[0].argmax(axis=1)
    assert guess == 0


def test_centres_of_n_grams_count_little_however_well_they_tell_in_a_bot_without_an_encoder() -> None:
    labels = np.repeat(np.arange(3), 10)
    telling = np.eye(3, dtype=np.float32)[labels]
    nothing = np.zeros_like(telling)
    _, centres = fit_mix(OutOfFold([nothing, telling], labels))
    *_, nearest = fit_mix(OutOfFold([nothing, nothing, telling], labels))
    assert centres <= 0.2 < nearest


def fitted(*names: str) -> Heads:
    """On what was said and on names of the intents, the first ones first."""
    labels = np.array([*(label for _, label in SAID), *range(len(names))])
    examples = Examples(features([*(text for text, _ in SAID), *names]), labels, len(SAID))
    with ThreadPoolExecutor(1) as threads:
        return next(fit_heads(examples, [np.ones(len(labels), bool)], 3, threads))


def features(texts: list[str]) -> Features:
    return Features(None, ngram_matrix(texts, BUCKETS))
