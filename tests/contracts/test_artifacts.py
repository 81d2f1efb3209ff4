"""What an artifact store promises, over a real folder."""

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.artifacts import StoredArtifacts
from shared.digest import digest_of
from shared.errors import InvalidError, NotFoundError

RECIPE = b"flour, water, salt, and time"


@pytest.fixture
def store(tmp_path: Path) -> StoredArtifacts:
    return StoredArtifacts((tmp_path / "with a space" / "store").as_uri())


def flip_one_bit(folder: Path, digest: str) -> None:
    (path,) = folder.rglob(digest.removeprefix("sha256:"))
    rotten = bytearray(path.read_bytes())
    rotten[len(rotten) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(rotten)


def test_bytes_are_found_under_their_digest(store: StoredArtifacts) -> None:
    digest = store.write(RECIPE)
    assert digest == digest_of(RECIPE)
    assert store.has(digest)
    assert store.read(digest) == RECIPE


def test_writing_twice_keeps_one(store: StoredArtifacts) -> None:
    assert store.write(RECIPE) == store.write(RECIPE)
    assert list(store.digests()) == [digest_of(RECIPE)]


def test_bytes_under_a_wrong_name_are_refused_and_nothing_is_kept(store: StoredArtifacts) -> None:
    with pytest.raises(InvalidError) as refusal:
        store.write(RECIPE, digest_of(b"cake"))
    assert refusal.value.code == "artifact_digest_mismatch"
    assert list(store.digests()) == []


def test_what_is_absent_is_said_to_be_absent(store: StoredArtifacts) -> None:
    assert not store.has(digest_of(RECIPE))
    with pytest.raises(NotFoundError):
        store.read(digest_of(RECIPE))


@pytest.mark.parametrize("name", ["sha256:../../etc/passwd", "md5:abc", "", "sha256:" + "A" * 64])
def test_a_name_that_is_no_digest_reaches_no_file(store: StoredArtifacts, name: str) -> None:
    with pytest.raises(InvalidError):
        store.read(name)


def test_one_flipped_bit_at_rest_is_noticed_and_mended_by_writing_again(store: StoredArtifacts, tmp_path: Path) -> None:
    digest = store.write(RECIPE)
    flip_one_bit(tmp_path, digest)
    with pytest.raises(InvalidError) as refusal:
        store.read(digest)
    assert refusal.value.code == "artifact_digest_mismatch"
    store.write(RECIPE)
    assert store.read(digest) == RECIPE


def test_bytes_are_on_disk_before_they_have_their_name_and_the_name_before_it_is_answered(
    store: StoredArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, rename = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        sync(descriptor)
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "bytes")

    def renamed(path: Path, to: Path) -> Path:
        order.append("name")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    store.write(RECIPE)
    assert order == ["bytes", "name", "folder"]


def test_a_disk_that_is_full_keeps_no_part_of_what_was_written(
    store: StoredArtifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        store.write(RECIPE)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert store.read(store.write(RECIPE)) == RECIPE


def test_what_a_crash_left_half_written_is_listed_nowhere_and_swept_once_it_is_old(tmp_path: Path) -> None:
    store = StoredArtifacts(tmp_path.as_uri())
    digest = store.write(RECIPE)
    folder = tmp_path / "sha256"
    old, new, former = (folder / f"{digest.removeprefix('sha256:')}#{end}" for end in ("77", "78", "1"))
    for path in (old, new, former):
        path.write_bytes(RECIPE[:5])
    for path in (old, former):
        os.utime(path, (1, 1))
    assert list(store.digests()) == [digest]
    assert list(StoredArtifacts(tmp_path.as_uri()).digests()) == [digest]
    assert sorted(folder.iterdir()) == sorted([new, folder / digest.removeprefix("sha256:")])


def test_what_was_deleted_is_gone_and_may_come_again(store: StoredArtifacts) -> None:
    recipe, cake = store.write(RECIPE), store.write(b"cake")
    store.delete(recipe)
    store.delete(recipe)
    assert (store.has(recipe), store.has(cake)) == (False, True)
    assert store.write(RECIPE) == recipe
    assert store.read(recipe) == RECIPE


def test_a_listing_says_since_when_bytes_are_there(store: StoredArtifacts) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    digest = store.write(RECIPE)
    ((found, written),) = store.stored()
    assert found == digest
    assert before < written < before + timedelta(hours=1)


def test_a_name_that_is_no_digest_deletes_no_file(store: StoredArtifacts) -> None:
    with pytest.raises(InvalidError):
        store.delete("sha256:../../etc/passwd")
