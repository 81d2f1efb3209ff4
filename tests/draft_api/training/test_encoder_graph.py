"""The encoders are the network that they say they are, from whole weights and from rounded ones."""

from math import erf
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from services.draft_api.training.encoder_graph import HEADS, build_graph, quantise
from services.draft_api.training.rounded_weights import read_rounded
from services.draft_api.training.transformer import Weights
from shared.nlp.inspect import Wanted, inspect
from shared.nlp.onnx import Graph
from tests.small_bert import TABLES, small_bert

VOCABULARY, WIDTH, UNITS, LAYERS, LONGEST = 340, 48, 96, 2, 64
SENTENCES = ([0, 7, 2], [0, 301, 7, 44, 9, 2], [0, *range(20, 34), 2])
Numbers = NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return small_bert(LAYERS, WIDTH, UNITS, VOCABULARY, LONGEST)


@pytest.fixture(scope="module")
def published(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As exporters write it: the matrices have lost their names, the nodes that multiply by them have not."""
    matrices = [name for name in weights if name.startswith("encoder") and weights[name].ndim == 2]
    lost = {name: f"onnx::MatMul_{number}" for number, name in enumerate(matrices)}
    kept = [numpy_helper.from_array(array, name) for name, array in weights.items() if name not in lost]
    kept += [numpy_helper.from_array(np.ascontiguousarray(weights[name].T), lost[name]) for name in matrices]
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [1])
    inputs, outputs, nodes = [ids], [], []
    for name, array in weights.items():
        if array.ndim == 1:
            # What nothing reads would be left out.
            nodes.append(helper.make_node("Identity", [name], [f"out.{name}"]))
            outputs.append(helper.make_tensor_value_info(f"out.{name}", TensorProto.FLOAT, array.shape))
    for table in TABLES:
        nodes.append(helper.make_node("Gather", [f"embeddings.{table}_embeddings.weight", "ids"], [f"out.{table}"]))
        outputs.append(helper.make_tensor_value_info(f"out.{table}", TensorProto.FLOAT, [1, WIDTH]))
    for name, called in lost.items():
        out, into = weights[name].shape
        node = "/" + name.removesuffix(".weight").replace("layer.", "layer#").replace(".", "/").replace("#", ".")
        nodes.append(helper.make_node("MatMul", [f"in.{name}", called], [f"out.{name}"], name=f"{node}/MatMul"))
        inputs.append(helper.make_tensor_value_info(f"in.{name}", TensorProto.FLOAT, [1, into]))
        outputs.append(helper.make_tensor_value_info(f"out.{name}", TensorProto.FLOAT, [1, out]))
    model = helper.make_model(
        helper.make_graph(nodes, "published", inputs, outputs, kept),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    folder = tmp_path_factory.mktemp("published")
    onnx.save(model, folder / "fp32.onnx")
    quantize_dynamic(
        folder / "fp32.onnx",
        folder / "int8.onnx",
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul", "Gather"],
    )
    return (folder / "int8.onnx").read_bytes()


def by_hand(weights: Weights, ids: list[int]) -> Numbers:
    """The same network written down plainly, in double precision."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}

    def normed(values: Numbers, name: str) -> Numbers:
        apart = values - values.mean(axis=-1, keepdims=True)
        even = apart / np.sqrt((apart**2).mean(axis=-1, keepdims=True) + 1e-12)
        return even * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(values: Numbers, name: str) -> Numbers:
        return values @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    words, places, segments = (w[f"embeddings.{name}_embeddings.weight"] for name in TABLES)
    hidden = normed(words[ids] + places[: len(ids)] + segments[0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            linear(hidden, f"{at}.attention.self.{part}").reshape(len(ids), HEADS, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        odds = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(WIDTH / HEADS))
        seen = (odds / odds.sum(axis=-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(ids), WIDTH)
        middle = normed(linear(seen, f"{at}.attention.output.dense") + hidden, f"{at}.attention.output.LayerNorm")
        wide = linear(middle, f"{at}.intermediate.dense")
        active = wide * (1 + np.vectorize(erf)(wide / np.sqrt(2))) / 2
        hidden = normed(linear(active, f"{at}.output.dense") + middle, f"{at}.output.LayerNorm")
    mean: Numbers = hidden.mean(axis=0)
    return mean / np.linalg.norm(mean)


def answer(graph: Graph, ids: list[int]) -> NDArray[np.float32]:
    (vector,) = graph.run(["embedding"], {"input_ids": np.array([ids], np.int32)})
    return vector[0].astype(np.float32)


def test_the_graph_computes_the_network(weights: Weights) -> None:
    """Words are kept in eight bits, which is what the two may differ by."""
    graph = Graph(build_graph(weights).SerializeToString(), optimise=True)
    for ids in SENTENCES:
        assert np.allclose(answer(graph, ids), by_hand(weights, ids), atol=0.02)


def test_rounded_weights_come_back_under_their_published_names(weights: Weights, published: bytes) -> None:
    found = read_rounded(published)
    for name, whole in weights.items():
        furthest = np.abs(whole).max() / 64 if whole.ndim == 2 else 0
        assert np.abs(found[name] - whole).max() <= furthest, name


def test_a_graph_of_rounded_weights_answers_nearly_as_the_network(
    weights: Weights, published: bytes, tmp_path: Path
) -> None:
    graph = Graph(quantise(build_graph(read_rounded(published)), tmp_path), optimise=True)
    assert min(float(answer(graph, ids) @ by_hand(weights, ids)) for ids in SENTENCES) > 0.99


def test_a_receiver_accepts_every_operator_of_it(published: bytes, tmp_path: Path) -> None:
    rounded = quantise(build_graph(read_rounded(published)), tmp_path)
    inspect(rounded, Wanted(("input_ids",), ("embedding",), classes=0, width=WIDTH, buckets=0))


def test_equal_weights_give_equal_bytes(published: bytes, tmp_path: Path) -> None:
    made = {quantise(build_graph(read_rounded(published)), tmp_path) for _ in range(2)}
    assert len(made) == 1
