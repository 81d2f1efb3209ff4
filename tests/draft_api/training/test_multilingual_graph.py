"""The multilingual encoder is the network that it says it is, in operators that a receiver accepts."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from services.draft_api.training.encoder_graph import quantise
from services.draft_api.training.multilingual_graph import (
    UNPACKING,
    Weights,
    build_multilingual_graph,
    packed_pieces,
)
from shared.nlp.inspect import Wanted, inspect
from shared.nlp.onnx import Graph

ROWS, GROUPS = 20, 17
SENTENCES = ([5], [7, 301], [3, 9, 27, 81, 243, 11, 33, 99])
Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> Weights:
    """A network of the right shape for 340 pieces, filled by chance."""
    random = np.random.RandomState(7)

    def some(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)

    made: Weights = {f"q{n + 1}": random.randint(0, 64, (ROWS, 512)).astype(np.uint8) for n in range(GROUPS)}
    made |= {"scale": some(GROUPS) / 30, "lo": some(GROUPS), "eps": np.array(1e-12)}
    for size in (2, 3, 5):
        made |= {f"proj{size}": some(512, 256), f"proj_b{size}": some(256)}
        made |= {f"ln_g{size}": some(256), f"ln_b{size}": some(256)}
        for step in (1, 2):
            made |= {f"w{step}_{size}": some(256 * size, 256), f"b{step}_{size}": some(256)}
    made |= {"ln_g": some(1280), "ln_b": some(1280), "cnn_W": some(1280, 512), "cnn_b": some(512)}
    return (
        made
        | {"d0": some(512, 320), "d1": some(320, 320), "p1": some(512, 320), "d2": some(320, 512)}
        | {
            "p3": some(320, 512),
            "d3": some(512, 512),
        }
    )


def by_hand(weights: Weights, ids: list[int]) -> Numbers:
    """The same network written down plainly, in double precision."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    pieces = np.stack(
        [w[f"q{i % GROUPS + 1}"][i // GROUPS] * w["scale"][i % GROUPS] + w["lo"][i % GROUPS] for i in ids]
    )
    views = [pieces]
    for size, before in ((2, 0), (3, 1), (5, 2)):
        hidden = normed(pieces @ w[f"proj{size}"] + w[f"proj_b{size}"], w[f"ln_g{size}"], w[f"ln_b{size}"])
        for step in (1, 2):
            edges = np.pad(hidden, ((before, size - 1 - before), (0, 0)))
            seen = np.concatenate([edges[k : k + len(ids)] for k in range(size)], axis=1)
            hidden = np.maximum(seen @ w[f"w{step}_{size}"] + w[f"b{step}_{size}"], 0) + hidden
        views.append(hidden)
    every = normed(np.concatenate(views, axis=1), w["ln_g"], w["ln_b"])
    mean = (every @ w["cnn_W"] + w["cnn_b"]).sum(axis=0) / np.sqrt(len(ids))
    first = np.maximum(mean @ w["d0"], 0)
    second = np.maximum(mean @ w["p1"] + first @ w["d1"], 0)
    third = np.maximum(second @ w["d2"], 0)
    last: Numbers = np.tanh(second @ w["p3"] + third @ w["d3"])
    return last / np.linalg.norm(last)


def normed(values: Numbers, scale: Numbers, shift: Numbers) -> Numbers:
    apart = values - values.mean(axis=-1, keepdims=True)
    found: Numbers = apart / np.sqrt((apart**2).mean(axis=-1, keepdims=True) + 1e-12) * scale + shift
    return found


def answer(graph: Graph, ids: list[int]) -> NDArray[np.float32]:
    (vector,) = graph.run(["embedding"], {"input_ids": np.array([ids], np.int32)})
    return vector[0].astype(np.float32)


def test_the_graph_computes_the_network(weights: Weights) -> None:
    graph = Graph(build_multilingual_graph(weights).SerializeToString(), optimise=True)
    for ids in SENTENCES:
        assert np.allclose(answer(graph, ids), by_hand(weights, ids), atol=2e-5)


def test_rounding_the_products_turns_a_sentence_only_a_little(weights: Weights, tmp_path: Path) -> None:
    rounded = quantise(build_multilingual_graph(weights), tmp_path, exact=(UNPACKING,))
    graph = Graph(rounded, optimise=True)
    for ids in SENTENCES:
        assert float(answer(graph, ids) @ by_hand(weights, ids)) > 0.98


def test_a_receiver_accepts_every_operator_of_it(weights: Weights, tmp_path: Path) -> None:
    rounded = quantise(build_multilingual_graph(weights), tmp_path, exact=(UNPACKING,))
    inspect(rounded, Wanted(("input_ids",), ("embedding",), classes=0, width=512, buckets=0))


def test_four_numbers_of_six_bits_fit_in_three_bytes(weights: Weights) -> None:
    packed = packed_pieces(weights)
    assert packed.shape == (ROWS * GROUPS, 384)
    first = packed[18, :3].astype(int) @ [1, 256, 65536]
    assert [first >> place & 63 for place in (0, 6, 12, 18)] == weights["q2"][1, :4].tolist()
