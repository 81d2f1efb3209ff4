"""Words of people at rest: sealed with AES-256-GCM under a text key, or plain where there is none.

What is sealed is `sealed:<key id>:<base64 of nonce and ciphertext>`. Ids of keys are drawn by chance and stand in no
text that was written before them, so a text is taken for sealed if, and only if, it names a key that there is: what
people write that looks sealed stays what they wrote. The newest key seals, all of them open.
"""

import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import GreenroomError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "sealed:"
_KEY_BYTES, _NONCE_BYTES, _ID_BYTES = 32, 12, 8


class UnreadableWordsError(GreenroomError):
    status, title = 500, "Words cannot be read"


@dataclass(frozen=True)
class TextKey:
    id: str
    key: bytes

    def __repr__(self) -> str:
        return f"TextKey({self.id})"


def new_text_key() -> TextKey:
    return TextKey(os.urandom(_ID_BYTES).hex(), os.urandom(_KEY_BYTES))


class Words:
    """`read_keys` gives the newest key first, none where words stay plain. It is asked again when a text names a key

    that is not known: another process may have made it.
    """

    def __init__(self, read_keys: Callable[[], Sequence[TextKey]] = tuple) -> None:
        self._read_keys = read_keys
        self.reload()

    @property
    def seals(self) -> bool:
        return self._first is not None

    def reload(self) -> None:
        keys = self._read_keys()
        self._ciphers: Mapping[str, AESGCM] = {key.id: _cipher(key) for key in keys}
        self._first = (f"{_MARK}{keys[0].id}:", self._ciphers[keys[0].id]) if keys else None
        self._marking = [hashlib.sha256(b"marks" + key.key).digest() for key in keys]

    def seal(self, text: str) -> str:
        """Nothing is nothing, sealed or not."""
        if self._first is None or not text:
            return text
        (beginning, cipher), nonce = self._first, os.urandom(_NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, text.encode(), None)
        return beginning + binascii.b2a_base64(sealed, newline=False).decode()

    def open(self, kept: str) -> str:
        """Raises UnreadableWordsError `words_unreadable` for a text that was tampered with."""
        if not kept.startswith(_MARK):
            return kept
        name, _, sealed = kept[len(_MARK) :].partition(":")
        cipher = self._ciphers.get(name) or self._reloaded().get(name)
        return kept if cipher is None else _opened(cipher, sealed)

    def marks(self, digest: str) -> list[str]:
        """What may stand for a digest of words, the one to be kept first. Without the key nobody finds the words by

        trying which ones have the digest; with no key at all, it stands for itself.
        """
        keyed = [hmac.new(key, digest.encode(), hashlib.sha256).hexdigest() for key in self._marking]
        return [*keyed, digest]

    def _reloaded(self) -> "Mapping[str, AESGCM]":
        self.reload()
        return self._ciphers


def _opened(cipher: "AESGCM", text: str) -> str:
    from cryptography.exceptions import InvalidTag

    try:
        raw = binascii.a2b_base64(text)
        return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
    except (InvalidTag, ValueError):
        raise UnreadableWordsError("words_unreadable", "What was said is not as it was sealed.") from None


def _cipher(key: TextKey) -> "AESGCM":
    """Imported when the first key is met: what has none goes without."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.key)
