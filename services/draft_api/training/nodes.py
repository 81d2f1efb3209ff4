"""An ONNX graph in the making."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FUSED = "com.microsoft"


class Nodes:
    """Nodes and weights in the order in which they are added, each known by its name from then on."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, array: NDArray[np.generic]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        (made,) = self.several(op, inputs, [output], domain, **attributes)
        return made

    def several(self, op: str, inputs: list[str], outputs: list[str], domain: str = "", **attributes: Any) -> list[str]:
        """A node with more than one output; it is called like its first."""
        self.nodes.append(helper.make_node(op, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs


def encoder_model(graph: Nodes, width: int, counted: str = "tokens") -> onnx.ModelProto:
    """Input `input_ids` (int32 [1, tokens], never padded); output `embedding` (float [1, width])."""
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT32, [1, counted])
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, width])
    body = helper.make_graph(graph.nodes, "encoder", [ids], [out], graph.weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=8)
