"""The multilingual Universal Sentence Encoder (v3) as one ONNX graph of plain operators, int8 where it multiplies.

Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval" (2019): word pieces, three branches of
convolutions over 2, 3 and 5 of them beside the pieces themselves, their mean, then a few dense layers.
"""

import io
from typing import cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from services.draft_api.training.nodes import Nodes, encoder_model

WIDTH, BRANCH = 512, 256
# How many pieces a branch sees at once, and how many of them are before the one that it is at.
_BRANCHES = ((2, 0), (3, 1), (5, 2))
# The rows of the pieces are rounded in so many groups, each with a scale of its own, by the number of the piece.
_GROUPS = 17
UNPACKING = "pieces.whole"
"""The one product that is arithmetic on bits, and must not be rounded."""
_END = np.iinfo(np.int64).max

Weights = dict[str, NDArray[np.generic]]


def read_weights(npz: bytes) -> Weights:
    with np.load(io.BytesIO(npz), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def build_multilingual_graph(weights: Weights) -> onnx.ModelProto:
    """See `encoder_model`; the embedding has unit length."""
    graph = Nodes()
    epsilon = float(weights["eps"])
    pieces = _pieces(graph, weights)
    views = [pieces, *(_branch(graph, weights, pieces, size, before, epsilon) for size, before in _BRANCHES)]
    joined = graph.node("Concat", views, "views", axis=2)
    scale, shift = graph.weight("norm.scale", weights["ln_g"]), graph.weight("norm.shift", weights["ln_b"])
    normed = graph.node("LayerNormalization", [joined, scale, shift], "normed", axis=-1, epsilon=epsilon)
    _dense(graph, weights, _mean(graph, weights, normed))
    return encoder_model(graph, WIDTH, "pieces")


def packed_pieces(weights: Weights) -> NDArray[np.uint8]:
    """Four numbers of six bits in three bytes, [pieces, 384]: what came in six bits need not leave in eight."""
    rows = cast(NDArray[np.uint8], weights["q1"]).shape[0]
    table = np.empty((_GROUPS * rows, WIDTH), np.uint32)
    for group in range(_GROUPS):
        table[group::_GROUPS] = weights[f"q{group + 1}"]
    fours = table.reshape(len(table), -1, 4)
    whole = fours[..., 0] | fours[..., 1] << 6 | fours[..., 2] << 12 | fours[..., 3] << 18
    triples = np.stack([whole & 255, whole >> 8 & 255, whole >> 16 & 255], axis=-1)
    return triples.astype(np.uint8).reshape(len(table), -1)


def _pieces(graph: Nodes, weights: Weights) -> str:
    """Float [1, pieces, 512]: `packed_pieces` undone, for the pieces that are there."""
    packed = graph.weight("pieces", packed_pieces(weights))
    row = graph.node(
        "Cast", [graph.node("Gather", [packed, "input_ids"], "piece.bytes")], "piece", to=TensorProto.FLOAT
    )
    triples = graph.node("Reshape", [row, graph.weight("triples", np.array([-1, WIDTH // 4, 3], np.int64))], "three")
    # A float holds whole numbers of 24 bits exactly.
    powers = graph.weight("powers", np.array([[1], [1 << 8], [1 << 16]], np.float32))
    whole = graph.node("Cast", [graph.node("MatMul", [triples, powers], UNPACKING)], "whole", to=TensorProto.INT32)
    places = graph.weight("places", np.array([1, 1 << 6, 1 << 12, 1 << 18], np.int32))
    six = _remainder(graph, graph.node("Div", [whole, places], "shifted"), 64, "six")
    shape = graph.weight("row", np.array([1, -1, WIDTH], np.int64))
    numbers = graph.node("Reshape", [graph.node("Cast", [six], "six.float", to=TensorProto.FLOAT), shape], "numbers")
    group = _remainder(graph, "input_ids", _GROUPS, "group")
    scale, low = (
        graph.node("Gather", [graph.weight(f"groups.{name}", weights[name][:, None]), group], f"group.{name}")
        for name in ("scale", "lo")
    )
    return graph.node("Add", [graph.node("Mul", [numbers, scale], "scaled"), low], "embedded")


def _remainder(graph: Nodes, value: str, by: int, name: str) -> str:
    divisor = graph.weight(f"{name}.by", np.array(by, np.int32))
    whole = graph.node("Mul", [graph.node("Div", [value, divisor], f"{name}.times"), divisor], f"{name}.whole")
    return graph.node("Sub", [value, whole], name)


def _branch(graph: Nodes, weights: Weights, pieces: str, size: int, before: int, epsilon: float) -> str:
    """Two convolutions, each added to what went in."""
    at = f"branch{size}"
    projected = _linear(graph, pieces, weights[f"proj{size}"], weights[f"proj_b{size}"], f"{at}.in")
    norm = [graph.weight(f"{at}.{name}", weights[f"{name}{size}"]) for name in ("ln_g", "ln_b")]
    hidden = graph.node("LayerNormalization", [projected, *norm], f"{at}.0", axis=-1, epsilon=epsilon)
    for step in (1, 2):
        seen = _windows(graph, hidden, size, before, f"{at}.{step}")
        found = _linear(graph, seen, weights[f"w{step}_{size}"], weights[f"b{step}_{size}"], f"{at}.{step}.linear")
        hidden = graph.node("Add", [_positive(graph, found), hidden], f"{at}.{step}")
    return hidden


def _windows(graph: Nodes, hidden: str, size: int, before: int, at: str) -> str:
    """[1, pieces, size * 256]: each piece with its neighbours, nothing beyond the ends."""
    edges = [
        graph.weight(f"{at}.{side}", np.zeros((1, count, BRANCH), np.float32))
        for side, count in (("before", before), ("after", size - 1 - before))
    ]
    padded = graph.node("Concat", [edges[0], hidden, edges[1]], f"{at}.padded", axis=1)
    axis = graph.weight(f"{at}.axis", np.array([1], np.int64))
    shifted = []
    for step in range(size):
        start = graph.weight(f"{at}.from{step}", np.array([step], np.int64))
        end = graph.weight(f"{at}.to{step}", np.array([step - size + 1 or _END], np.int64))
        shifted.append(graph.node("Slice", [padded, start, end, axis], f"{at}.shifted{step}"))
    return graph.node("Concat", shifted, f"{at}.windows", axis=2)


def _mean(graph: Nodes, weights: Weights, normed: str) -> str:
    """[1, 512]: the sum over the pieces divided by the root of their number, as it was trained."""
    summed = graph.node("ReduceSum", [normed, graph.weight("over", np.array([1], np.int64))], "summed", keepdims=0)
    counted = graph.node("Shape", ["input_ids"], "counted", start=1, end=2)
    count = graph.node("Cast", [counted], "count", to=TensorProto.FLOAT)
    product = graph.node("MatMul", [summed, graph.weight("mean.weight", weights["cnn_W"])], "mean.product")
    bias = graph.node("Mul", [count, graph.weight("mean.bias", weights["cnn_b"])], "mean.biases")
    total = graph.node("Add", [product, bias], "mean.total")
    return graph.node("Div", [total, graph.node("Sqrt", [count], "root")], "mean")


def _dense(graph: Nodes, weights: Weights, mean: str) -> None:
    def times(value: str, name: str) -> str:
        return graph.node("MatMul", [value, graph.weight(name, weights[name])], f"{name}.product")

    first = _positive(graph, times(mean, "d0"))
    second = _positive(graph, graph.node("Add", [times(mean, "p1"), times(first, "d1")], "second"))
    third = _positive(graph, times(second, "d2"))
    last = graph.node("Tanh", [graph.node("Add", [times(second, "p3"), times(third, "d3")], "fourth")], "last")
    graph.node("LpNormalization", [last], "embedding", axis=-1, p=2)


def _linear(graph: Nodes, value: str, matrix: NDArray[np.generic], bias: NDArray[np.generic], name: str) -> str:
    product = graph.node("MatMul", [value, graph.weight(f"{name}.weight", matrix)], f"{name}.product")
    return graph.node("Add", [product, graph.weight(f"{name}.bias", bias)], name)


def _positive(graph: Nodes, value: str) -> str:
    floor = graph.weight(f"{value}.floor", np.array(0, np.float32))
    return graph.node("Clip", [value, floor], f"{value}.positive")
