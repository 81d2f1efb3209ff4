"""The encoder of the `accurate` profile is the network that it says it is, in operators that a receiver accepts."""

from math import erf
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from services.draft_api.training.encoder_graph import quantise
from services.draft_api.training.mpnet_graph import build_mpnet_graph, distance_buckets, loud_nodes
from services.draft_api.training.transformer import Weights
from shared.nlp.inspect import Wanted, inspect
from shared.nlp.onnx import Graph

VOCABULARY, WIDTH, UNITS, HEADS, LAYERS, LONGEST = 340, 32, 64, 4, 2, 64
LOUD = {1: (5, 40)}
SENTENCES = ([0, 7, 2], [0, 301, 7, 44, 9, 2], [0, *range(20, 34), 2])
Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> Weights:
    """A network of two layers, filled by chance; two units of the second are loud at the mark that begins a text."""
    random = np.random.RandomState(7)

    def some(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    made = {
        "embeddings.word_embeddings.weight": some(VOCABULARY, WIDTH),
        "embeddings.position_embeddings.weight": some(LONGEST + 2, WIDTH),
        "encoder.relative_attention_bias.weight": some(32, HEADS) * 4,
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        norms += [f"{at}attention.LayerNorm", f"{at}output.LayerNorm"]
        for name, out, into in (
            *((f"attention.attn.{part}", WIDTH, WIDTH) for part in "qkvo"),
            ("intermediate.dense", UNITS, WIDTH),
            ("output.dense", WIDTH, UNITS),
        ):
            made |= {f"{at}{name}.weight": some(out, into), f"{at}{name}.bias": some(out)}
    made |= {f"{norm}.weight": 1 + some(WIDTH) for norm in norms} | {f"{norm}.bias": some(WIDTH) for norm in norms}
    for unit in LOUD[1]:
        made["encoder.layer.1.intermediate.dense.weight"][unit] *= 60
        made["encoder.layer.1.output.dense.weight"][:, unit] /= 15
    return made


def by_hand(weights: Weights, ids: list[int]) -> Numbers:
    """The same network written down plainly, in double precision."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}

    def normed(values: Numbers, name: str) -> Numbers:
        apart = values - values.mean(axis=-1, keepdims=True)
        even = apart / np.sqrt((apart**2).mean(axis=-1, keepdims=True) + 1e-5)
        return even * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(values: Numbers, name: str) -> Numbers:
        return values @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    places = w["embeddings.position_embeddings.weight"][2 : 2 + len(ids)]
    hidden = normed(w["embeddings.word_embeddings.weight"][ids] + places, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            linear(hidden, f"{at}.attention.attn.{part}").reshape(len(ids), HEADS, -1).swapaxes(0, 1) for part in "qkv"
        )
        meant = query @ key.swapaxes(1, 2) / np.sqrt(WIDTH / HEADS)
        near = w["encoder.relative_attention_bias.weight"][distance_buckets(len(ids))].transpose(2, 0, 1)
        odds = np.exp(meant + near)
        seen = (odds / odds.sum(axis=-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(ids), WIDTH)
        middle = normed(linear(seen, f"{at}.attention.attn.o") + hidden, f"{at}.attention.LayerNorm")
        wide = linear(middle, f"{at}.intermediate.dense")
        active = wide * (1 + np.vectorize(erf)(wide / np.sqrt(2))) / 2
        hidden = normed(linear(active, f"{at}.output.dense") + middle, f"{at}.output.LayerNorm")
    mean: Numbers = hidden.mean(axis=0)
    return mean / np.linalg.norm(mean)


def answer(graph: Graph, ids: list[int]) -> NDArray[np.float32]:
    (vector,) = graph.run(["embedding"], {"input_ids": np.array([ids], np.int32)})
    return vector[0].astype(np.float32)


def worst_turn(rounded: bytes, weights: Weights) -> float:
    graph = Graph(rounded, optimise=True)
    return min(float(answer(graph, ids) @ by_hand(weights, ids)) for ids in SENTENCES)


@pytest.mark.parametrize("loud", [{}, LOUD])
def test_the_graph_computes_the_network(weights: Weights, loud: dict[int, tuple[int, ...]]) -> None:
    """Words are kept in eight bits, which is what the two may differ by."""
    graph = Graph(build_mpnet_graph(weights, LONGEST, loud).SerializeToString(), optimise=True)
    for ids in SENTENCES:
        assert np.allclose(answer(graph, ids), by_hand(weights, ids), atol=0.02)


def test_how_far_apart_two_tokens_are_is_told_in_growing_steps() -> None:
    buckets = distance_buckets(64)
    assert buckets[40, [40, 39, 33, 32, 31, 28, 24, 8, 0]].tolist() == [0, 1, 7, 8, 8, 9, 10, 12, 12]
    assert buckets[0, [1, 7, 8, 16, 63]].tolist() == [17, 23, 24, 26, 29]


def test_rounding_what_is_loud_apart_turns_a_sentence_less(weights: Weights, tmp_path: Path) -> None:
    apart = build_mpnet_graph(weights, LONGEST, LOUD)
    told_apart = worst_turn(quantise(apart, tmp_path, exact=loud_nodes(apart)), weights)
    together = worst_turn(quantise(build_mpnet_graph(weights, LONGEST, {}), tmp_path), weights)
    assert told_apart > 0.99
    assert 1 - told_apart < (1 - together) / 2


def test_a_receiver_accepts_every_operator_of_it(weights: Weights, tmp_path: Path) -> None:
    graph = build_mpnet_graph(weights, LONGEST, LOUD)
    rounded = quantise(graph, tmp_path, exact=loud_nodes(graph))
    inspect(rounded, Wanted(("input_ids",), ("embedding",), classes=0, width=WIDTH, buckets=0))
