"""Has a model looked at before it is used: in a child process, bounded in time and memory."""

import json
import os
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from shared.contracts import FileRef, ModelManifest
from shared.digest import digest_of
from shared.errors import InvalidError

Read = Callable[[str], bytes]

_ROOT = Path(__file__).resolve().parents[2]
# Of processor time; a little more on the clock.
SECONDS = 30
_LARGEST = 256 << 20


def inspect_model(manifest: ModelManifest, read: Read) -> None:
    """Raises InvalidError: `artifact_digest_mismatch`, `model_invalid`, `model_opset_unsupported`,

    `model_op_forbidden`, `model_external_data`, `model_not_finite`, `model_signature_mismatch`, `model_limits`,
    `intent_mismatch`, `manifest_invalid`.
    """
    _check_labels(manifest.labels)
    width = manifest.encoder.dimensions if manifest.encoder else 0
    head = {
        "inputs": ["ngram_ids", "ngram_values", *(["embedding"] if manifest.encoder else [])],
        "outputs": ["probabilities", "nearest"],
        "classes": len(manifest.labels),
        "width": width,
        "buckets": manifest.ngram_buckets,
    }
    _inspect(_verified(_digest_of(manifest.files, "head.onnx"), read), head)
    if manifest.encoder:
        _inspect_encoder(manifest.encoder.digest, _digest_of(manifest.encoder.files, "encoder.onnx"), width, read)


def _check_labels(labels: tuple[str, ...]) -> None:
    """A head's answers are told apart by their places alone: sorted, and none a twin of another."""
    plain = {unicodedata.normalize("NFC", label).casefold() for label in labels}
    if "" in plain or len(plain) != len(labels) or list(labels) != sorted(labels):
        raise InvalidError("intent_mismatch", "The model's labels are not sorted ids that differ from one another.")


def _inspect_encoder(encoder: str, digest: str, width: int, read: Read) -> None:
    """Once per encoder: every model of a process shares it."""
    if encoder in _sound_encoders():
        return
    signature = {"inputs": ["input_ids"], "outputs": ["embedding"], "classes": 0, "width": width, "buckets": 0}
    _inspect(_verified(digest, read), signature)
    _sound_encoders().add(encoder)


@lru_cache(maxsize=1)
def _sound_encoders() -> set[str]:
    return set()


def _digest_of(files: tuple[FileRef, ...], name: str) -> str:
    found = {file.name: file.digest for file in files}
    if name not in found:
        raise InvalidError("manifest_invalid", f"The manifest names no {name}.")
    return found[name]


def _verified(digest: str, read: Read) -> bytes:
    data = read(digest)
    if digest_of(data) != digest:
        raise InvalidError("artifact_digest_mismatch", f"The bytes that were read are not {digest}.")
    return data


def _inspect(data: bytes, wanted: dict[str, object]) -> None:
    if len(data) > _LARGEST:
        raise InvalidError("model_limits", "The file is too large.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "shared.nlp.inspect"],
            input=json.dumps({**wanted, "seconds": SECONDS}).encode() + b"\n" + data,
            capture_output=True,
            timeout=SECONDS + 10,
            cwd=_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidError("model_limits", "Looking at the model took too long.") from None
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise InvalidError("model_limits", f"The model takes more than {SECONDS} s to answer a few sentences.")
    if done.returncode != 0:
        raise InvalidError("model_invalid", "The model broke the process that looked at it.")
    problem = json.loads(done.stdout)
    if problem:
        raise InvalidError(problem["code"], problem["detail"])
