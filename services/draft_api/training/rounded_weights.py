"""Weights of a BERT encoder that was published as an ONNX graph in int8, as onnxruntime rounds them dynamically."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from services.draft_api.training.transformer import Weights

_ROUNDED, _PRODUCT = "_quantized", "MatMulInteger"


def read_rounded(graph: bytes) -> Weights:
    """Float32 by the names that they have in the published model, matrices as [out, in].

    A matrix has lost its name in the graph; the node that multiplies by it is called as the part of the model is:
    `/encoder/layer.0/output/dense/MatMul_quant`.
    """
    model = onnx.load_from_string(graph)
    found = {array.name: numpy_helper.to_array(array) for array in model.graph.initializer}
    weights = {name: array for name, array in found.items() if array.dtype == np.float32}
    for name in found:
        if name.endswith(_ROUNDED):
            weights[name.removesuffix(_ROUNDED)] = _widened(found, name.removesuffix(_ROUNDED))
    for node in model.graph.node:
        if node.op_type == _PRODUCT:
            part = node.name.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
            weights[f"{part}.weight"] = weights[node.input[1].removesuffix(_ROUNDED)].T
    return weights


def _widened(found: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float32]:
    """[in, out], a scale for all or for each that comes out."""
    rounded, zero, scale = (found[f"{name}{part}"].astype(np.float32) for part in (_ROUNDED, "_zero_point", "_scale"))
    return (rounded - zero) * scale
