"""The head as one ONNX graph: mixed views in, calibrated probabilities and nearness out.

Weights are stored in int8 with a scale per column, and stay so in memory: how large a head is decides
how many bots fit on a machine.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from services.draft_api.training.examples import Matrix
from services.draft_api.training.heads import Linear, Prototypes
from services.draft_api.training.nodes import Nodes
from services.draft_api.training.stack import NEARNESS_SCALE, STRENGTH_WEIGHT, Heads

OPSET, IR_VERSION = 18, 9
_FUSED = "com.microsoft"
_MIDDLE = 128


class _Graph(Nodes):
    def small(self, name: str, matrix: Matrix) -> tuple[str, str]:
        """int8 [rows, columns] and its float scale [columns]."""
        packed, scale = _packed(matrix)
        return self.weight(name, packed), self.weight(f"{name}.scale", scale)

    def product(self, name: str, matrix: Matrix) -> list[str]:
        """uint8 [rows, columns], its scale and its zero, to multiply with an embedding that is rounded too.

        Unsigned, because unsigned by signed overflows on a processor without VNNI, and answers would differ by
        processor (P12).
        """
        packed, scale = _packed(matrix)
        zero = np.full(matrix.shape[1], _MIDDLE, np.uint8)
        unsigned = (packed.astype(np.int16) + _MIDDLE).astype(np.uint8)
        return [self.weight(name, unsigned), self.weight(f"{name}.scale", scale), self.weight(f"{name}.zero", zero)]


def head_graph(heads: Heads, mix: NDArray[np.float64], classes: int) -> bytes:
    """Inputs `ngram_ids` int64 [n], `ngram_values` float [n], and `embedding` float [1, d] where heads need it.

    Outputs `probabilities` float [1, K] and `nearest` float [1]: the cosine to what is nearest, and a share of the best
    mixed score.
    """
    graph = _Graph()
    inputs = [
        helper.make_tensor_value_info("ngram_ids", TensorProto.INT64, ["n"]),
        helper.make_tensor_value_info("ngram_values", TensorProto.FLOAT, ["n"]),
    ]
    graph.node("Unsqueeze", ["ngram_values", graph.weight("zero", np.array([0], np.int64))], "ngrams.row")
    if heads.logistic is not None and heads.near is not None:
        width = heads.logistic.weights.shape[0]
        inputs.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, width]))
        logits = _embedded(graph, heads.logistic, mix[0])
        cosines = _nearest(graph, heads.near, classes)
    else:
        assert heads.centres is not None
        logits = None
        cosines = _looked_up(graph, "centres", heads.centres)
    margin = _linear_margins(graph, heads.margins, mix[-2])
    near = graph.node("Mul", [cosines, graph.weight("near.mix", _scalar(mix[-1] * NEARNESS_SCALE))], "near")
    total = graph.node("Add", [margin, near], "margin.near")
    if logits is not None:
        total = graph.node("Add", [total, logits], "total")
    graph.node("Softmax", [total], "probabilities", axis=-1)
    _nearness(graph, cosines, total)
    outputs = [
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, classes]),
        helper.make_tensor_value_info("nearest", TensorProto.FLOAT, [1]),
    ]
    body = helper.make_graph(graph.nodes, "head", inputs, outputs, graph.weights)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_FUSED, 1)]
    model = helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="greenroom")
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def operators(model: bytes) -> tuple[str, ...]:
    """The operators that a runtime must know to execute `model`."""
    return tuple(sorted({f"{node.domain}:{node.op_type}" for node in onnx.load_from_string(model).graph.node}))


def _embedded(graph: _Graph, linear: Linear, mix: float) -> str:
    weights = graph.product("logistic", linear.weights * np.float32(mix))
    bias = graph.weight("logistic.bias", (linear.bias * mix).astype(np.float32))
    return graph.node("DynamicQuantizeMatMul", ["embedding", *weights, bias], "logits", _FUSED)


def _linear_margins(graph: _Graph, linear: Linear, mix: float) -> str:
    found = _looked_up(graph, "margins", linear.weights * np.float32(mix))
    bias = graph.weight("margins.bias", (linear.bias * mix).astype(np.float32)[None])
    return graph.node("Add", [found, bias], "margins.scores")


def _looked_up(graph: _Graph, name: str, matrix: Matrix) -> str:
    """values @ matrix[ids]: only the rows of the n-grams that are there are widened."""
    packed, scale = graph.small(name, matrix)
    rows = graph.node("Gather", [packed, "ngram_ids"], f"{name}.rows", axis=0)
    wide = graph.node("Cast", [rows], f"{name}.wide", to=TensorProto.FLOAT)
    product = graph.node("MatMul", ["ngrams.row", wide], f"{name}.product")
    return graph.node("Mul", [product, scale], f"{name}.sum")


def _nearest(graph: _Graph, near: Prototypes, classes: int) -> str:
    """Each label's prototypes stand at fixed places; a label with fewer repeats its last."""
    weights = graph.product("prototypes", near.vectors.T)
    cosines = graph.node("DynamicQuantizeMatMul", ["embedding", *weights], "prototypes.cosines", _FUSED)
    places = [np.flatnonzero(near.labels == label) for label in range(classes)]
    widest = max(len(place) for place in places)
    table = np.stack([np.concatenate([p, np.full(widest - len(p), p[-1])]) for p in places]).astype(np.int32)
    by_label = graph.node("Gather", [cosines, graph.weight("places", table)], "prototypes.by_label", axis=1)
    last = graph.weight("last", np.array([2], np.int64))
    return graph.node("ReduceMax", [by_label, last], "near.cosines", keepdims=0)


def _nearness(graph: _Graph, cosines: str, total: str) -> None:
    columns = graph.weight("one", np.array([1], np.int64))
    nearest = graph.node("ReduceMax", [cosines, columns], "nearest.cosine", keepdims=0)
    strongest = graph.node("ReduceMax", [total, columns], "strongest", keepdims=0)
    strength = graph.node("Mul", [strongest, graph.weight("strength", _scalar(STRENGTH_WEIGHT))], "strength.share")
    graph.node("Add", [nearest, strength], "nearest")


def _packed(matrix: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    scale = (np.maximum(np.abs(matrix).max(axis=0), 1e-8) / 127).astype(np.float32)
    return np.rint(matrix / scale).astype(np.int8), scale


def _scalar(value: float) -> NDArray[np.float32]:
    return np.array(value, np.float32)
