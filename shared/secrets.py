"""Secrets at rest: sealed with AES-256-GCM under keys that the database never sees (D1).

A sealed text is `<key id>.<base64url of nonce and ciphertext>`; the id is the beginning of the key's SHA-256, so a
row tells which key it needs. The first key seals, all of them open: that is how keys are changed without a pause.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import ConflictError, GreenroomError, MisconfiguredError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VARIABLE = "GREENROOM_SECRETS_KEY"
_KEY_BYTES, _NONCE_BYTES, _ID_LENGTH = 32, 12, 8
_FEWEST_DISTINCT_BYTES = 12


class UnreadableSecretError(GreenroomError):
    status, title = 500, "Secret cannot be read"


@dataclass(frozen=True)
class SecretKey:
    id: str
    key: bytes

    def __repr__(self) -> str:
        return f"SecretKey({self.id})"


def parse_keys(text: str) -> tuple[SecretKey, ...]:
    """Keys apart by commas or lines, each 32 random bytes in base64. Raises MisconfiguredError for a weak one."""
    return tuple(_parse(word) for word in text.replace(",", " ").split())


def keys_source(environ_keys: str | None, file: Path) -> Callable[[], tuple[SecretKey, ...]]:
    """Reads the keys of GREENROOM_SECRETS_KEY, else those of `file`, anew at each call; none where there are none."""

    def read() -> tuple[SecretKey, ...]:
        if environ_keys is not None:
            return parse_keys(environ_keys)
        try:
            return parse_keys(file.read_text())
        except FileNotFoundError:
            return ()

    return read


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


def key_id_of(sealed: str) -> str:
    """Which key a sealed text needs."""
    return sealed.partition(".")[0]


class Secrets:
    """Seals with the first key and opens with any. `read_keys` is asked again before sealing, and when a text needs

    a key that is not known: another process may have changed them.
    """

    def __init__(self, read_keys: Callable[[], tuple[SecretKey, ...]]) -> None:
        """Raises MisconfiguredError for a weak key."""
        self._read_keys = read_keys
        self._keys = read_keys()

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The one that seals comes first."""
        return tuple(key.id for key in self._keys)

    def reload(self) -> None:
        self._keys = self._read_keys()

    def seal(self, text: str) -> str:
        """Raises ConflictError `secrets_key_missing`."""
        self.reload()
        if not self._keys:
            raise ConflictError("secrets_key_missing", f"Nothing to seal secrets with: set {VARIABLE} and start again.")
        first, nonce = self._keys[0], os.urandom(_NONCE_BYTES)
        sealed = _cipher(first.key).encrypt(nonce, text.encode(), None)
        return f"{first.id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str) -> str:
        """Raises UnreadableSecretError `secret_unreadable` for an unknown key or a text that was tampered with."""
        key = self._known().get(key_id_of(sealed)) or self._reloaded().get(key_id_of(sealed))
        if key is None:
            raise UnreadableSecretError("secret_unreadable", "The key that this secret is sealed with is not here.")
        return _opened(key, sealed.partition(".")[2])

    def _known(self) -> Mapping[str, bytes]:
        return {key.id: key.key for key in self._keys}

    def _reloaded(self) -> Mapping[str, bytes]:
        self.reload()
        return self._known()


def _opened(key: bytes, text: str) -> str:
    from cryptography.exceptions import InvalidTag

    try:
        raw = base64.urlsafe_b64decode(text)
        return _cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
    except (InvalidTag, ValueError):
        raise UnreadableSecretError("secret_unreadable", "The secret is not as it was sealed.") from None


def _cipher(key: bytes) -> "AESGCM":
    """Imported when the first secret is met: most commands and many bots have none."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _parse(word: str) -> SecretKey:
    try:
        key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES or len(set(key)) < _FEWEST_DISTINCT_BYTES:
        raise MisconfiguredError(f"{VARIABLE}: each key is 32 random bytes in base64, as `openssl rand -base64 32`.")
    return SecretKey(hashlib.sha256(key).hexdigest()[:_ID_LENGTH], key)
