"""A BERT encoder of any size, filled by chance, by the names of published models."""

import numpy as np
from numpy.typing import NDArray

from services.draft_api.training.transformer import Weights

TABLES = ("word", "position", "token_type")


def small_bert(layers: int, width: int, units: int, vocabulary: int, longest: int) -> Weights:
    random = np.random.RandomState(7)

    def some(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    rows = dict(zip(TABLES, (vocabulary, longest, 2), strict=True))
    made = {f"embeddings.{name}_embeddings.weight": some(count, width) for name, count in rows.items()}
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        norms += [f"{at}attention.output.LayerNorm", f"{at}output.LayerNorm"]
        for name, out, into in (
            *((f"attention.self.{part}", width, width) for part in ("query", "key", "value")),
            ("attention.output.dense", width, width),
            ("intermediate.dense", units, width),
            ("output.dense", width, units),
        ):
            made |= {f"{at}{name}.weight": some(out, into), f"{at}{name}.bias": some(out)}
    return (
        made | {f"{norm}.weight": 1 + some(width) for norm in norms} | {f"{norm}.bias": some(width) for norm in norms}
    )
