"""Looks at an ONNX file that somebody sent, in a process of its own with little to lose.

    python -m shared.nlp.inspect < (a line of JSON: the Wanted signature and `seconds` of processor time) + (the bytes)

Prints `{}` or `{"code", "detail"}`; ends without a word when nothing comes. onnxruntime and onnx.checker accept
NaN weights, wrong label counts and endless loops, so the protobuf is walked before anything of it is loaded.
"""

import json
import math
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import AttributeProto, TensorProto, numpy_helper

from shared.errors import InvalidError
from shared.nlp.onnx import NEWEST_IR, NEWEST_OPSET, Graph, Head, Skeletons

_ADDRESS_SPACE = 8 << 30
_OLDEST_OPSET, _OLDEST_IR = 13, 7
_MOST_NODES, _MOST_PARAMETERS, _MOST_METADATA = 5_000, 200_000_000, 1 << 20
_PROBES = 32
# How onnxruntime and the C++ library say that an allocation failed.
_OUT_OF_MEMORY = ("bad_alloc", "allocate memory", "out of memory", "bad allocation")
_FUSED = "com.microsoft"

# What our exporters emit, and what other exporters emit for the same encoders; nothing that loops or branches.
_PLAIN = frozenset({
    "Add", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Div", "DynamicQuantizeLinear", "Equal", "Erf",
    "Expand", "Gather", "Gelu", "Gemm", "Identity", "LayerNormalization", "LpNormalization", "MatMul",
    "MatMulInteger", "Mul", "Pow", "QuantizeLinear", "DequantizeLinear", "ReduceL2", "ReduceMax", "ReduceMean",
    "ReduceSum", "Reshape", "Shape", "Slice", "Softmax", "Split", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose",
    "Unsqueeze", "Where",
})  # fmt: skip
_MICROSOFT = frozenset({
    "Attention", "BiasGelu", "DynamicQuantizeMatMul", "EmbedLayerNormalization", "FastGelu", "Gelu",
    "MatMulIntegerToFloat", "MultiHeadAttention", "QAttention", "QEmbedLayerNormalization", "SkipLayerNormalization",
})  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """The signature: names of inputs and outputs; `classes` labels, `width` of an embedding, `buckets` of n-grams."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    classes: int
    width: int
    buckets: int


def inspect(data: bytes, wanted: Wanted) -> None:
    """Raises InvalidError with the code of what is wrong."""
    model = _parse(data)
    _check_versions(model)
    _check_limits(model)
    for graph_node in model.graph.node:
        _check_node(graph_node)
    for tensor in _tensors(model):
        _check_tensor(tensor)
    _check_signature(model, wanted)
    _smoke_test(data, wanted)


def _parse(data: bytes) -> onnx.ModelProto:
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError:
        raise InvalidError("model_invalid", "The file is not an ONNX model.") from None
    if not model.graph.node or not model.graph.output:
        raise InvalidError("model_invalid", "The model has no graph.")
    return model


def _check_versions(model: onnx.ModelProto) -> None:
    versions = {opset.domain: opset.version for opset in model.opset_import}
    plain = versions.pop("", versions.pop("ai.onnx", 0))
    if not _OLDEST_IR <= model.ir_version <= NEWEST_IR or not _OLDEST_OPSET <= plain <= NEWEST_OPSET:
        detail = f"IR {model.ir_version} and opset {plain} are not supported here."
        raise InvalidError("model_opset_unsupported", detail)
    if versions.keys() - {_FUSED}:
        raise _forbidden(f"the domain {sorted(versions.keys() - {_FUSED})[0]!r}")
    if model.functions or model.training_info:
        raise _forbidden("functions and training information")


def _check_limits(model: onnx.ModelProto) -> None:
    if len(model.graph.node) > _MOST_NODES:
        raise _limits(f"more than {_MOST_NODES} nodes")
    if sum(len(p.key) + len(p.value) for p in model.metadata_props) + len(model.doc_string) > _MOST_METADATA:
        raise _limits("too much metadata")
    total = 0
    for tensor in _tensors(model):
        if any(size < 0 for size in tensor.dims):
            raise _limits("a negative dimension")
        total += math.prod(tensor.dims)
        if total > _MOST_PARAMETERS:
            raise _limits(f"more than {_MOST_PARAMETERS} parameters")


def _check_node(node: onnx.NodeProto) -> None:
    allowed = {"": _PLAIN, "ai.onnx": _PLAIN, _FUSED: _MICROSOFT}.get(node.domain, frozenset())
    if node.op_type not in allowed:
        raise _forbidden(f"the operator {node.domain}:{node.op_type}")
    if any(a.type in {AttributeProto.GRAPH, AttributeProto.GRAPHS} or a.ref_attr_name for a in node.attribute):
        raise _forbidden("a graph inside a graph")


def _check_tensor(tensor: TensorProto) -> None:
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise InvalidError("model_external_data", "The model points to data outside of its file.")
    try:
        values = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError):
        raise InvalidError("model_invalid", f"The weight {tensor.name!r} has not the size that it declares.") from None
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        raise InvalidError("model_not_finite", f"The weight {tensor.name!r} holds NaN or infinity.")


def _tensors(model: onnx.ModelProto) -> Iterator[TensorProto]:
    if model.graph.sparse_initializer:
        raise InvalidError("model_external_data", "Sparse weights are not accepted.")
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                raise InvalidError("model_external_data", "Sparse weights are not accepted.")
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _check_signature(model: onnx.ModelProto, wanted: Wanted) -> None:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = sorted(value.name for value in model.graph.input if value.name not in weights)
    outputs = sorted(value.name for value in model.graph.output)
    if inputs != sorted(wanted.inputs) or outputs != sorted(wanted.outputs):
        detail = f"The model takes {inputs} and gives {outputs}, not {list(wanted.inputs)} and {list(wanted.outputs)}."
        raise InvalidError("model_signature_mismatch", detail)


def _smoke_test(data: bytes, wanted: Wanted) -> None:
    # As it will be served: a head without a session of its own.
    graph = Graph(data, optimise=False) if "embedding" in wanted.outputs else Head(data, Skeletons())
    random = np.random.RandomState(0)
    for _ in range(_PROBES):
        try:
            found = graph.run(wanted.outputs, _some_input(wanted, random))
        except Exception as error:
            # onnxruntime raises several kinds that share no class of their own.
            if isinstance(error, MemoryError) or any(sign in str(error) for sign in _OUT_OF_MEMORY):
                raise _limits("no bound on the memory that it takes") from None
            detail = f"The model cannot be run: {type(error).__name__}."
            raise InvalidError("model_signature_mismatch", detail) from None
        _check_output(dict(zip(wanted.outputs, found, strict=True)), wanted)


def _some_input(wanted: Wanted, random: np.random.RandomState) -> dict[str, Any]:
    count = random.randint(1, 40)
    vector = random.standard_normal((1, max(wanted.width, 1))).astype(np.float32)
    given = {
        "input_ids": random.randint(1, 200, (1, count)).astype(np.int32),
        "embedding": vector / np.linalg.norm(vector),
        "ngram_ids": np.sort(random.randint(0, max(wanted.buckets, 1), count)).astype(np.int64),
        "ngram_values": random.standard_normal(count).astype(np.float32),
    }
    return {name: given[name] for name in wanted.inputs}


def _check_output(found: dict[str, Any], wanted: Wanted) -> None:
    if not all(np.isfinite(values).all() for values in found.values()):
        raise InvalidError("model_not_finite", "The model answers NaN or infinity.")
    if "embedding" in found and found["embedding"].shape != (1, wanted.width):
        raise InvalidError("model_signature_mismatch", f"The encoder does not give {wanted.width} numbers.")
    if "probabilities" in found:
        if found["probabilities"].shape != (1, wanted.classes):
            raise InvalidError("intent_mismatch", f"The model does not answer for {wanted.classes} intents.")
        if abs(float(found["probabilities"].sum()) - 1) > 1e-3:
            raise InvalidError("model_not_finite", "The model's probabilities do not add up to one.")


def _forbidden(what: str) -> InvalidError:
    return InvalidError("model_op_forbidden", f"The model uses {what}, which is not accepted.")


def _limits(what: str) -> InvalidError:
    return InvalidError("model_limits", f"The model has {what}.")


def main() -> None:
    line = sys.stdin.buffer.readline()
    if not line:
        return
    wanted = json.loads(line)
    seconds = wanted.pop("seconds")
    # The hard limit is a kill; the soft one, a second before, says what it is.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    answer: dict[str, str] = {}
    try:
        inspect(sys.stdin.buffer.read(), Wanted(**wanted))
    except InvalidError as error:
        answer = {"code": error.code, "detail": error.detail}
    print(json.dumps(answer), flush=True)
    # Who asked waits for the end, and taking the libraries apart would take longer than the looking.
    os._exit(0)


if __name__ == "__main__":
    main()
