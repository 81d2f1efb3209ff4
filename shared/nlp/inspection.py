"""Has a model looked at before it is used: in a child process of its own, bounded in time and memory."""

import json
import os
import signal
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from shared.contracts import FileRef, ModelManifest
from shared.digest import digest_of
from shared.errors import InvalidError

Read = Callable[[str], bytes]
Child = subprocess.Popen[bytes]

_ROOT = Path(__file__).resolve().parents[2]
# Of processor time.
SECONDS = 30
# On the clock: it waits behind everybody who talks to live. Whoever asked over HTTP waits for 60 s.
_PATIENCE = 55
_LARGEST = 256 << 20


class Inspector:
    """Each file is looked at by a process that ends with it. One may wait, with its libraries loaded: to load them

    takes ten times as long as to look at a small model.
    """

    def __init__(self) -> None:
        self._waiting: Child | None = None
        self._lock = threading.Lock()
        self._sound: set[str] = set()

    def expect(self) -> None:
        """A model may come: has a process wait for it."""
        with self._lock:
            if self._waiting is None or self._waiting.poll() is not None:
                self._waiting = _start()

    def inspect(self, manifest: ModelManifest, read: Read) -> None:
        """Once for each model. Raises InvalidError: `artifact_digest_mismatch`, `model_invalid`,

        `model_opset_unsupported`, `model_op_forbidden`, `model_external_data`, `model_not_finite`,
        `model_signature_mismatch`, `model_limits`, `intent_mismatch`, `manifest_invalid`.
        """
        if manifest.digest in self._sound:
            return
        _check_labels(manifest.labels)
        self._look(_verified(_digest_of(manifest.files, "head.onnx"), read), _head(manifest))
        if manifest.encoder and manifest.encoder.digest not in self._sound:
            # Every model of a process shares it.
            self._look(_verified(_digest_of(manifest.encoder.files, "encoder.onnx"), read), _encoder(manifest))
            self._sound.add(manifest.encoder.digest)
        self._sound.add(manifest.digest)

    def close(self) -> None:
        with self._lock:
            child, self._waiting = self._waiting, None
        if child is not None:
            with child:
                child.kill()

    def _look(self, data: bytes, wanted: dict[str, object]) -> None:
        if len(data) > _LARGEST:
            raise InvalidError("model_limits", "The file is too large.")
        with self._lock:
            child, self._waiting = self._waiting, None
        if child is None or child.poll() is not None:
            child = _start()
        _hear(child, json.dumps({**wanted, "seconds": SECONDS}).encode() + b"\n", data)


def _head(manifest: ModelManifest) -> dict[str, object]:
    return {
        "inputs": ["ngram_ids", "ngram_values", *(["embedding"] if manifest.encoder else [])],
        "outputs": ["probabilities", "nearest"],
        "classes": len(manifest.labels),
        "width": manifest.encoder.dimensions if manifest.encoder else 0,
        "buckets": manifest.ngram_buckets,
    }


def _encoder(manifest: ModelManifest) -> dict[str, object]:
    width = manifest.encoder.dimensions if manifest.encoder else 0
    return {"inputs": ["input_ids"], "outputs": ["embedding"], "classes": 0, "width": width, "buckets": 0}


def _check_labels(labels: tuple[str, ...]) -> None:
    """A head's answers are told apart by their places alone: sorted, and none a twin of another."""
    plain = {unicodedata.normalize("NFC", label).casefold() for label in labels}
    if "" in plain or len(plain) != len(labels) or list(labels) != sorted(labels):
        raise InvalidError("intent_mismatch", "The model's labels are not sorted ids that differ from one another.")


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


def _start() -> Child:
    """It limits itself when it is given a model, and ends by itself when whoever started it is gone."""
    return subprocess.Popen(
        [sys.executable, "-m", "shared.nlp.inspect"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


def _hear(child: Child, question: bytes, data: bytes) -> None:
    assert child.stdin is not None
    try:
        with suppress(BrokenPipeError):
            child.stdin.write(question)
        answer, _ = child.communicate(data, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise InvalidError("model_limits", "Looking at the model took too long.") from None
    if child.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise InvalidError("model_limits", f"The model takes more than {SECONDS} s to answer a few sentences.")
    if child.returncode != 0:
        raise InvalidError("model_invalid", "The model broke the process that looked at it.")
    problem = json.loads(answer)
    if problem:
        raise InvalidError(problem["code"], problem["detail"])
