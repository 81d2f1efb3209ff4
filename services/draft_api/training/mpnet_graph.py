"""An MPNet encoder as one fused ONNX graph, mean pooling and L2 norm inside.

Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding", 2020. It differs from BERT in how it
knows places: beside positions, how far apart two tokens are is added to what they mean to each other, for each head,
in every layer the same.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray

from services.draft_api.training.nodes import FUSED, Nodes, encoder_model
from services.draft_api.training.transformer import Layer, Weights, embedded, layers_of, unit_mean, width_of

EPSILON = 1e-5
# Positions are counted from behind the one that stands for padding.
_FIRST_PLACE = 2
# How distances are told apart: each by itself up to half of what one direction has, then in growing steps.
_BUCKETS, _FARTHEST = 32, 128

Loud = Mapping[int, tuple[int, ...]]
"""Units of a layer's feed-forward, by its number, that shout at the first and the last token, ten times as loud or

more, and leave the others nothing where one scale holds for all.
"""


def build_mpnet_graph(weights: Weights, max_tokens: int, loud: Loud) -> onnx.ModelProto:
    """See `encoder_model`, with `max_tokens` at most; the embedding has unit length."""
    graph = Nodes()
    learnt = weights["embeddings.position_embeddings.weight"]
    hidden = embedded(graph, weights, learnt[_FIRST_PLACE : _FIRST_PLACE + max_tokens], EPSILON)
    near = _nearness(graph, weights, max_tokens)
    for number in range(layers_of(weights)):
        hidden = _layer(Layer(graph, weights, number, EPSILON), hidden, near, loud.get(number, ()))
    unit_mean(graph, hidden)
    return encoder_model(graph, width_of(weights))


def loud_nodes(model: onnx.ModelProto) -> tuple[str, ...]:
    """Products that must not be rounded."""
    return tuple(node.name for node in model.graph.node if ".loud." in node.name)


def distance_buckets(tokens: int) -> NDArray[np.int64]:
    """[tokens, tokens]: which learnt number stands for the way from the row's token to the column's."""
    away = np.arange(tokens)[:, None] - np.arange(tokens)[None, :]
    one_way, apart = _BUCKETS // 2, np.abs(away)
    each = one_way // 2
    grown = np.log(np.maximum(apart, 1) / each) / np.log(_FARTHEST / each) * (one_way - each)
    far = np.minimum(each + grown.astype(np.int64), one_way - 1)
    buckets: NDArray[np.int64] = np.where(away < 0, one_way, 0) + np.where(apart < each, apart, far)
    return buckets


def _nearness(graph: Nodes, weights: Weights, max_tokens: int) -> str:
    """[1, heads, tokens, tokens], cut out of a table for the longest text."""
    learnt = weights["encoder.relative_attention_bias.weight"][distance_buckets(max_tokens)]
    table = graph.weight("nearness.table", learnt.transpose(2, 0, 1)[None])
    first, axes = graph.weight("corner", np.array([0, 0], np.int64)), graph.weight("square", np.array([2, 3], np.int64))
    count = graph.node("Shape", ["input_ids"], "nearness.tokens", start=1, end=2)
    size = graph.node("Concat", [count, count], "nearness.size", axis=0)
    return graph.node("Slice", [table, first, size, axes], "nearness")


def _layer(layer: Layer, hidden: str, near: str, loud: tuple[int, ...]) -> str:
    graph, at = layer.graph, layer.number
    attention_heads = layer.weights["encoder.relative_attention_bias.weight"].shape[1]
    heads = [f"attention.attn.{part}" for part in "qkv"]
    asked = graph.node("MatMul", [hidden, layer.matrix(*heads)], f"{at}.asked")
    parts = graph.several("Split", [asked], [f"{at}.query", f"{at}.key", f"{at}.value"], axis=2)
    attention = [*parts, layer.bias(*heads), "", near]
    attended = graph.node("MultiHeadAttention", attention, f"{at}.attended", FUSED, num_heads=attention_heads)
    mixed = graph.node("MatMul", [attended, layer.matrix("attention.attn.o")], f"{at}.mixed")
    middle = layer.add_and_norm(mixed, hidden, "attention.LayerNorm", "attention.attn.o", "middle")
    narrow = _feed_forward(layer, middle, loud)
    return layer.add_and_norm(narrow, middle, "output.LayerNorm", "output.dense", "hidden")


def _feed_forward(layer: Layer, hidden: str, loud: tuple[int, ...]) -> str:
    """In two parts, whose sum it is: the loud units, and all others."""
    units = layer.weights[f"encoder.layer.{layer.number}.intermediate.dense.bias"].size
    quiet = _some_units(layer, hidden, np.setdiff1d(np.arange(units), loud), "quiet")
    if not loud:
        return quiet
    exact = _some_units(layer, hidden, np.array(loud), "loud")
    return layer.graph.node("Add", [quiet, exact], f"{layer.number}.narrow")


def _some_units(layer: Layer, hidden: str, units: NDArray[np.int64], name: str) -> str:
    graph, at = layer.graph, f"{layer.number}.{name}"
    inner, outer = (f"encoder.layer.{layer.number}.{part}.dense" for part in ("intermediate", "output"))
    into = graph.weight(f"{at}.inner.weight", layer.weights[f"{inner}.weight"].T[:, units])
    out = graph.weight(f"{at}.outer.weight", layer.weights[f"{outer}.weight"].T[units])
    shift = graph.weight(f"{at}.inner.bias", layer.weights[f"{inner}.bias"][units])
    wide = graph.node("MatMul", [hidden, into], f"{at}.wide")
    return graph.node("MatMul", [graph.node("BiasGelu", [wide, shift], f"{at}.active", FUSED), out], f"{at}.narrow")
