"""Proof of where a request comes from: bytes, one fixed algorithm, compared in constant time."""

import hashlib
import hmac

from pydantic import SecretStr


def secret_bytes(secret: SecretStr) -> bytes:
    return secret.get_secret_value().encode()


def same(shown: bytes | None, secret: bytes) -> bool:
    """False for what was not shown, and for an empty secret, which anybody could show."""
    return shown is not None and secret != b"" and hmac.compare_digest(shown, secret)


def hmac_hex(secret: SecretStr, signed: bytes) -> bytes:
    """HMAC-SHA256 in lower-case hex."""
    return hmac.new(secret_bytes(secret), signed, hashlib.sha256).hexdigest().encode()
