"""The training of one language, in a process of its own beside serving.

    python -m services.draft_api.training.train [SOURCE.json OUT_DIR]

Reads the expressions, writes manifest.json, evaluation.json and files/; tells its progress as lines of JSON. Without
arguments it loads what it will need and waits for a line of JSON with them, `{"source", "out", "stored"}`: files with
the digests of `stored` are not written.
Equal source and equal build give equal bytes (T7): one thread, sorted rows, fixed seeds.
"""

import os

# Before numpy is imported: several BLAS threads add up in an order that changes from run to run.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import sys  # noqa: E402
import threading  # noqa: E402
from collections.abc import Container  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

import orjson  # noqa: E402

from services.draft_api.training.embeddings import Encoded, Remembering, embed_all  # noqa: E402
from services.draft_api.training.encoder_folder import EncoderFolder, how_to_get, installed_encoder  # noqa: E402
from services.draft_api.training.probing import probe_texts  # noqa: E402
from services.draft_api.training.source import Source, read_source  # noqa: E402
from shared.contracts import ModelManifest  # noqa: E402
from shared.errors import GreenroomError, InvalidError  # noqa: E402
from shared.nlp.encoder import Encoder  # noqa: E402
from shared.priority import AFTER_EVERYBODY, step_back  # noqa: E402

__all__ = ["Source", "read_source", "train"]


def tell(step: str, percent: float) -> None:
    print(orjson.dumps({"step": step, "percent": round(percent, 1)}).decode(), flush=True)


@dataclass(frozen=True)
class Loaded:
    """An encoder with its files by digest, verified."""

    encoder: Encoder
    files: dict[str, bytes]


def load(folder: EncoderFolder) -> Loaded:
    files = {file.digest: folder.read(file.digest) for file in folder.manifest.files}
    return Loaded(Encoder(folder.manifest, files.__getitem__), files)


@dataclass(frozen=True)
class Task:
    source: Path
    out: Path
    stored: frozenset[str] = frozenset()


def train(
    source: Source, out: Path, cache: Path | None, ready: Loaded | None = None, stored: Container[str] = ()
) -> ModelManifest:
    """`ready` is used where it is the profile's encoder; files with the digests of `stored` are not written.

    Raises InvalidError `encoder_missing` for the default profile, `profile_unavailable` for another.
    """
    folder = _encoder_for(source.profile)
    with ThreadPoolExecutor(1) as beside:
        encoding = beside.submit(_encode, source, folder, cache, ready) if folder else None
        # Here, because the numeric libraries take as long to import as hundreds of texts to encode.
        from services.draft_api.training.learn import Output, learn

        return learn(source, encoding, Output(out, stored), tell)


def _encoder_for(profile: str) -> EncoderFolder | None:
    if profile == "fast":
        return None
    folder = installed_encoder(profile)
    if folder is None:
        raise InvalidError("encoder_missing" if profile == "default" else "profile_unavailable", how_to_get(profile))
    return folder


def _encode(source: Source, folder: EncoderFolder, cache: Path | None, ready: Loaded | None) -> Encoded:
    if ready is None or ready.encoder.manifest.digest != folder.manifest.digest:
        ready = load(folder)
    encoder, texts, probes = ready.encoder, source.texts_and_names, probe_texts(source.names)
    vectors = embed_all([*texts, *probes], encoder, cache, lambda share: tell("encoding", 2 + 33 * share))
    known = {text: vector[None] for text, vector in zip(probes, vectors[len(texts) :].copy(), strict=True)}
    return Encoded(folder.manifest, Remembering(encoder, known), ready.files, vectors[: len(texts)])


def _prepare() -> Loaded | None:
    """What takes time and is the same for every bot; the encoder is the one that most bots have."""
    from services.draft_api.training import learn  # noqa: F401

    folder = installed_encoder()
    ready = load(folder) if folder else None
    if ready:
        # What the first probe with a strange word would wait for.
        _ = ready.encoder.lexicon
    return ready


def _asked() -> Task:
    """What to do, once it is told. Ends the process when nobody is left to tell it."""
    told = b""
    while not told.endswith(b"\n"):
        more = os.read(0, 4096)
        if not more:
            os._exit(0)
        told += more
    task = orjson.loads(told)
    return Task(Path(task["source"]), Path(task["out"]), frozenset(task["stored"]))


def _end_with_parent() -> None:
    """The parent holds our standard input open; when it is killed, the pipe ends and so do we."""
    # Not through sys.stdin, whose lock this thread would hold when the interpreter wants to close it.
    while os.read(0, 4096):
        continue
    os._exit(1)


def main() -> int:
    step_back(AFTER_EVERYBODY)
    cache = os.environ.get("GREENROOM_EMBEDDINGS_CACHE")
    given = sys.argv[1:]
    ready = None if given else _prepare()
    task = Task(Path(given[0]), Path(given[1])) if given else _asked()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        tell("reading", 1)
        source = read_source(task.source)
        if source.profile == "fast":
            # A hundred megabytes for which a large bot has better use.
            ready = None
        train(source, task.out, Path(cache) if cache else None, ready, task.stored)
    except GreenroomError as error:
        print(orjson.dumps({"error": error.code, "detail": error.detail}).decode(), flush=True)
        return 1
    tell("done", 100)
    # onnxruntime and the watching thread need no goodbye.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
