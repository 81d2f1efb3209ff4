"""A BERT encoder in torch, as a function of its weights, by the names that they have in the published model."""

import torch
from torch import Tensor
from torch.nn import functional as f

from services.draft_api.training.transformer import Weights

HEADS, EPSILON = 12, 1e-12
Tensors = dict[str, Tensor]


def layers(weights: Tensors, count: int, ids: Tensor, real: Tensor) -> list[Tensor]:
    """What comes out of each layer, [texts, tokens, width], for ids [texts, tokens], `real` where there is a token."""
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    words = f.embedding(ids, weights["embeddings.word_embeddings.weight"])
    hidden = _normalised(weights, "embeddings.LayerNorm", words + places[: ids.shape[1]])
    seen = None if bool(real.all()) else real[:, None, None, :]
    found = []
    for number in range(count):
        hidden = _layer(weights, f"encoder.layer.{number}", hidden, seen)
        found.append(hidden)
    return found


def mean_over_tokens(hidden: Tensor, real: Tensor) -> Tensor:
    there = real[..., None].float()
    return (hidden.float() * there).sum(1) / there.sum(1)


def _layer(weights: Tensors, at: str, hidden: Tensor, seen: Tensor | None) -> Tensor:
    texts, tokens, width = hidden.shape
    asked = [
        _product(weights, f"{at}.attention.self.{part}", hidden).view(texts, tokens, HEADS, -1).transpose(1, 2)
        for part in ("query", "key", "value")
    ]
    attended = f.scaled_dot_product_attention(*asked, attn_mask=seen).transpose(1, 2).reshape(texts, tokens, width)
    mixed = hidden + _product(weights, f"{at}.attention.output.dense", attended)
    middle = _normalised(weights, f"{at}.attention.output.LayerNorm", mixed)
    wide = f.gelu(_product(weights, f"{at}.intermediate.dense", middle))
    return _normalised(weights, f"{at}.output.LayerNorm", middle + _product(weights, f"{at}.output.dense", wide))


def _product(weights: Tensors, name: str, hidden: Tensor) -> Tensor:
    return f.linear(hidden, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _normalised(weights: Tensors, name: str, hidden: Tensor) -> Tensor:
    return f.layer_norm(hidden, hidden.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)


def tensors(weights: Weights) -> Tensors:
    return {name: torch.tensor(array) for name, array in weights.items()}
