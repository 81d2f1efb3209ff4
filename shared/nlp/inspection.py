"""Has a model looked at before it is used: in a child process, bounded in time and memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from shared.contracts import FileRef, ModelManifest
from shared.errors import InvalidError

Read = Callable[[str], bytes]

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 40
_LARGEST = 256 << 20


def inspect_model(manifest: ModelManifest, read: Read) -> None:
    """`read` gives verified bytes. Raises InvalidError: `model_invalid`, `model_opset_unsupported`,

    `model_op_forbidden`, `model_external_data`, `model_not_finite`, `model_signature_mismatch`, `model_limits`,
    `intent_mismatch`, `manifest_invalid`.
    """
    width = manifest.encoder.dimensions if manifest.encoder else 0
    head = {
        "inputs": ["ngram_ids", "ngram_values", *(["embedding"] if manifest.encoder else [])],
        "outputs": ["probabilities", "nearest"],
        "classes": len(manifest.labels),
        "width": width,
        "buckets": manifest.ngram_buckets,
    }
    _inspect(read(_digest_of(manifest.files, "head.onnx")), head)
    if manifest.encoder:
        _inspect_encoder(manifest.encoder.digest, _digest_of(manifest.encoder.files, "encoder.onnx"), width, read)


def _inspect_encoder(encoder: str, digest: str, width: int, read: Read) -> None:
    """Once per encoder: every model of a process shares it."""
    if encoder in _sound_encoders():
        return
    signature = {"inputs": ["input_ids"], "outputs": ["embedding"], "classes": 0, "width": width, "buckets": 0}
    _inspect(read(digest), signature)
    _sound_encoders().add(encoder)


@lru_cache(maxsize=1)
def _sound_encoders() -> set[str]:
    return set()


def _digest_of(files: tuple[FileRef, ...], name: str) -> str:
    found = {file.name: file.digest for file in files}
    if name not in found:
        raise InvalidError("manifest_invalid", f"The manifest names no {name}.")
    return found[name]


def _inspect(data: bytes, wanted: dict[str, object]) -> None:
    if len(data) > _LARGEST:
        raise InvalidError("model_limits", "The file is too large.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "shared.nlp.inspect"],
            input=json.dumps(wanted).encode() + b"\n" + data,
            capture_output=True,
            timeout=_SECONDS,
            cwd=_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidError("model_limits", "Looking at the model took too long.") from None
    if done.returncode != 0:
        raise InvalidError("model_invalid", "The model broke the process that looked at it.")
    problem = json.loads(done.stdout)
    if problem:
        raise InvalidError(problem["code"], problem["detail"])
