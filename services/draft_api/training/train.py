"""The training of one language, in a process of its own beside serving.

    python -m services.draft_api.training.train SOURCE.json OUT_DIR

Reads the expressions, writes manifest.json, evaluation.json and files/; tells its progress as lines of JSON.
Equal source and equal build give equal bytes (T7): one thread, sorted rows, fixed seeds.
"""

import os

# Before numpy is imported: several BLAS threads add up in an order that changes from run to run.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import sys  # noqa: E402
import threading  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402

import orjson  # noqa: E402

from services.draft_api.training.embeddings import Encoded, embed_all  # noqa: E402
from services.draft_api.training.encoder_folder import EncoderFolder, how_to_get, installed_encoder  # noqa: E402
from services.draft_api.training.source import Source, read_source  # noqa: E402
from shared.contracts import ModelManifest  # noqa: E402
from shared.errors import GreenroomError, InvalidError  # noqa: E402
from shared.nlp.encoder import Encoder  # noqa: E402
from shared.priority import AFTER_EVERYBODY, step_back  # noqa: E402

__all__ = ["Source", "read_source", "train"]


def tell(step: str, percent: float) -> None:
    print(orjson.dumps({"step": step, "percent": round(percent, 1)}).decode(), flush=True)


def train(source: Source, out: Path, cache: Path | None) -> ModelManifest:
    """Raises InvalidError `encoder_missing` for the default profile, `profile_unavailable` for another."""
    folder = _encoder_for(source.profile)
    with ThreadPoolExecutor(1) as beside:
        encoding = beside.submit(_encode, source, folder, cache) if folder else None
        # Here, because the numeric libraries take as long to import as hundreds of texts to encode.
        from services.draft_api.training.learn import learn

        return learn(source, encoding, out, tell)


def _encoder_for(profile: str) -> EncoderFolder | None:
    if profile == "fast":
        return None
    folder = installed_encoder(profile)
    if folder is None:
        raise InvalidError("encoder_missing" if profile == "default" else "profile_unavailable", how_to_get(profile))
    return folder


def _encode(source: Source, folder: EncoderFolder, cache: Path | None) -> Encoded:
    files = {file.digest: folder.read(file.digest) for file in folder.manifest.files}
    encoder = Encoder(folder.manifest, files.__getitem__)
    vectors = embed_all(source.texts_and_names, encoder, cache, lambda share: tell("encoding", 2 + 33 * share))
    return Encoded(encoder, files, vectors)


def _end_with_parent() -> None:
    """The parent holds our standard input open; when it is killed, the pipe ends and so do we."""
    # Not through sys.stdin, whose lock this thread would hold when the interpreter wants to close it.
    while os.read(0, 4096):
        continue
    os._exit(1)


def main() -> int:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    step_back(AFTER_EVERYBODY)
    cache = os.environ.get("GREENROOM_EMBEDDINGS_CACHE")
    try:
        tell("reading", 1)
        train(read_source(Path(sys.argv[1])), Path(sys.argv[2]), Path(cache) if cache else None)
    except GreenroomError as error:
        print(orjson.dumps({"error": error.code, "detail": error.detail}).decode(), flush=True)
        return 1
    tell("done", 100)
    # onnxruntime and the watching thread need no goodbye.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
