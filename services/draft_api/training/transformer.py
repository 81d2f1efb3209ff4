"""What the encoders of BERT's family have in common, as nodes of a graph."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from services.draft_api.training.nodes import FUSED, Nodes

Weights = dict[str, NDArray[np.float32]]


def embedded(graph: Nodes, weights: Weights, places: NDArray[np.float32], epsilon: float) -> str:
    """[1, tokens, width]. The word table is most of a file: it is kept in int8 with a scale per row, looked up, then

    widened. `places` [longest, width] are added to the words in their order.
    """
    table = weights["embeddings.word_embeddings.weight"]
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / 127
    words = graph.weight("words", np.rint(table / scale).astype(np.int8))
    scales = graph.weight("words.scale", scale.astype(np.float32))
    row = graph.node("Cast", [graph.node("Gather", [words, "input_ids"], "word.int8")], "word", to=TensorProto.FLOAT)
    word = graph.node("Mul", [row, graph.node("Gather", [scales, "input_ids"], "word.scale")], "word.float")
    stood = graph.weight("places", places)
    count = graph.node("Shape", ["input_ids"], "tokens", start=1, end=2)
    first, axis = graph.weight("zero", np.array([0], np.int64)), graph.weight("axis", np.array([0], np.int64))
    place = graph.node("Slice", [stood, first, count, axis], "place")
    norm = [graph.weight(f"norm.{part}", weights[f"embeddings.LayerNorm.{part}"]) for part in ("weight", "bias")]
    summed = graph.node("Add", [word, place], "summed")
    return graph.node("LayerNormalization", [summed, *norm], "hidden", axis=-1, epsilon=epsilon)


def width_of(weights: Weights) -> int:
    return int(weights["embeddings.word_embeddings.weight"].shape[1])


def layers_of(weights: Weights) -> int:
    return sum(name.endswith(".output.LayerNorm.bias") and "attention" not in name for name in weights)


@dataclass(frozen=True)
class Layer:
    """Adds one layer's weights to the graph, by the names that they have in the published model."""

    graph: Nodes
    weights: Weights
    number: int
    epsilon: float

    def matrix(self, *names: str) -> str:
        """[in, out], several side by side."""
        return self.graph.weight(f"{self.number}.{names[0]}.weight", self._joined("weight", names))

    def bias(self, *names: str) -> str:
        return self.graph.weight(f"{self.number}.{names[0]}.bias", self._joined("bias", names))

    def add_and_norm(self, added: str, to: str, norm: str, bias: str, output: str) -> str:
        """The normalised sum of the two and the bias of the product that was `added`."""
        at = f"encoder.layer.{self.number}.{norm}"
        scale, shift = (
            self.graph.weight(f"{self.number}.{norm}.{part}", self.weights[f"{at}.{part}"])
            for part in ("weight", "bias")
        )
        inputs = [added, to, scale, shift, self.bias(bias)]
        return self.graph.node("SkipLayerNormalization", inputs, f"{self.number}.{output}", FUSED, epsilon=self.epsilon)

    def _joined(self, kind: str, names: tuple[str, ...]) -> NDArray[np.float32]:
        found = [self.weights[f"encoder.layer.{self.number}.{name}.{kind}"].T for name in names]
        return np.concatenate(found, axis=-1)


def unit_mean(graph: Nodes, hidden: str) -> None:
    """The answer: the mean over tokens, made a unit vector."""
    mean = graph.node("ReduceMean", [hidden], "pooled", axes=[1], keepdims=0)
    graph.node("LpNormalization", [mean], "embedding", axis=-1, p=2)
