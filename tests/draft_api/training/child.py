"""Trains as draft does: in a child process whose standard input stays open until it has ended."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from shared.contracts import ModelManifest
from shared.nlp.model import Model, SharedParts, load_model

ROOT = Path(__file__).parents[3]
RAILWAY: dict[str, list[str]] = {
    "int_fare": ["How much is a ticket?", "what does a single cost", "price of a return to Alderwick"],
    "int_lost": ["I lost my umbrella", "I left my bag on the train", "somebody may have found my coat"],
    "int_dog": ["Can I bring my dog?", "are pets allowed on board", "is there room for a big dog"],
}


def source(intents: Mapping[str, Sequence[str]] = RAILWAY, profile: str = "fast") -> dict[str, Any]:
    return {
        "language": "en",
        "profile": profile,
        "fingerprint": "sha256:" + "7" * 64,
        "intents": [{"id": i, "name": i.removeprefix("int_"), "expressions": [*said]} for i, said in intents.items()],
        "entities": {},
    }


@dataclass(frozen=True)
class Trained:
    code: int
    lines: list[dict[str, Any]]
    out: Path

    @cached_property
    def manifest(self) -> ModelManifest:
        return ModelManifest.model_validate_json((self.out / "manifest.json").read_bytes())

    @cached_property
    def evaluation(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads((self.out / "evaluation.json").read_bytes())
        return found

    @cached_property
    def model(self) -> Model:
        files = {file.digest: (self.out / "files" / file.name).read_bytes() for file in self.manifest.all_files()}
        return load_model(self.manifest, files.__getitem__, SharedParts())


def start(document: Mapping[str, Any], folder: Path, **environment: str) -> "subprocess.Popen[bytes]":
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.json").write_text(json.dumps(document))
    return subprocess.Popen(
        [sys.executable, "-m", "services.draft_api.training.train", str(folder / "source.json"), str(folder / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def train(document: Mapping[str, Any], folder: Path, **environment: str) -> Trained:
    with start(document, folder, **environment) as child:
        assert child.stdout
        lines = [orjson.loads(line) for line in child.stdout]
        code = child.wait()
    return Trained(code, lines, folder / "out")
