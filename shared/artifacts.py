"""Content-addressed bytes: the artifact store port, and its one implementation over obstore."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from obstore import Bytes
from obstore.store import LocalStore, ObjectStore, from_url

from shared.digest import digest_of, is_digest
from shared.durable import make_folder, sweep_unfinished, write_whole
from shared.errors import InvalidError, NotFoundError

Put = Callable[[str, bytes], object]

_FOLDER = "sha256"
_PIECE = 1 << 20


class Artifacts(Protocol):
    def has(self, digest: str) -> bool: ...

    def read(self, digest: str) -> bytes:
        """The verified bytes. Raises NotFoundError `artifact_missing`, InvalidError `artifact_digest_mismatch`."""
        ...

    def verify(self, digest: str) -> None:
        """Hashes what is stored, without a copy of it. Raises what `read` does."""
        ...

    def write(self, data: bytes, digest: str | None = None) -> str:
        """Stores once under its own digest, so that a power cut does not undo it; bytes there that rotted are

        replaced. Raises InvalidError when `digest` names other bytes.
        """
        ...

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every digest, and when its bytes were written."""
        ...

    def delete(self, digest: str) -> None:
        """For what nothing refers to any more; what is gone already is no error."""
        ...


class StoredArtifacts:
    """A folder (`file://`) or a bucket (`s3://`), key `sha256/<hex>`. Bytes are verified on every read."""

    def __init__(self, url: str) -> None:
        self._store, self._put = _open(url)

    def has(self, digest: str) -> bool:
        try:
            self._store.head(_key(digest))
        except FileNotFoundError:
            return False
        return True

    def read(self, digest: str) -> bytes:
        data = _copied(memoryview(self._stored(digest)))
        _verify(data, digest)
        return data

    def verify(self, digest: str) -> None:
        _verify(memoryview(self._stored(digest)), digest)

    def _stored(self, digest: str) -> Bytes:
        try:
            return self._store.get(_key(digest)).bytes()
        except FileNotFoundError:
            raise NotFoundError("artifact_missing", f"No artifact {digest} is stored here.") from None

    def write(self, data: bytes, digest: str | None = None) -> str:
        name = digest or digest_of(data)
        if digest is not None:
            _verify(data, digest)
        if not self._is_sound(name):
            # Whoever writes the same at the same time writes the same bytes.
            self._put(_key(name), data)
        return name

    def digests(self) -> Iterator[str]:
        return (digest for digest, _ in self.stored())

    def stored(self) -> Iterator[tuple[str, datetime]]:
        for batch in self._store.list(_FOLDER):
            yield from ((f"sha256:{item['path'].rsplit('/', 1)[-1]}", item["last_modified"]) for item in batch)

    def delete(self, digest: str) -> None:
        with suppress(FileNotFoundError):
            self._store.delete(_key(digest))

    def _is_sound(self, digest: str) -> bool:
        return self.has(digest) and digest_of(memoryview(self._stored(digest))) == digest


def _open(url: str) -> tuple[ObjectStore, Put]:
    """The store, and how to write to it: over a folder obstore itself syncs nothing."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        store = from_url(url)
        return store, store.put
    folder = Path(unquote(parts.path))
    make_folder(folder)
    make_folder(folder / _FOLDER)
    sweep_unfinished(folder / _FOLDER)
    return LocalStore(prefix=folder), lambda key, data: write_whole(folder / key, data)


def _key(digest: str) -> str:
    if not is_digest(digest):
        raise InvalidError("invalid_digest", "A digest is written sha256:<64 hex digits>.")
    return digest.replace(":", "/")


def _copied(stored: memoryview) -> bytes:
    """In pieces, between which others get their turn: to copy a large encoder at once stops a process for 70 ms."""
    buffer = BytesIO()
    for start in range(0, len(stored), _PIECE):
        buffer.write(stored[start : start + _PIECE])
    return buffer.getvalue()


def _verify(data: bytes | memoryview, digest: str) -> None:
    if digest_of(data) != digest:
        raise InvalidError("artifact_digest_mismatch", f"The bytes stored as {digest} are not what that name says.")
