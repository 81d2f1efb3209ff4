"""Sessions of the web chat: signed, so that whoever holds one talks in its conversation and in no other. Pure.

A token is base64url of JSON, a dot, and the HMAC-SHA256 of what is before the dot, under the channel's own secret.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import SecretStr

from services.live_api.platforms.proof import hmac_hex, same

_LONGEST_TOKEN = 1000


@dataclass(frozen=True)
class Session:
    """`conversation` is the server's name for it, which nobody can guess; `expires` is Unix time."""

    conversation: str
    expires: int


def sign_session(session: Session, secret: SecretStr) -> str:
    told = orjson.dumps({"conversation": session.conversation, "expires": session.expires})
    head = base64.urlsafe_b64encode(told)
    return b".".join((head, hmac_hex(secret, head))).decode()


def read_session(token: bytes, secret: SecretStr, now: float) -> Session | None:
    """None for what this secret did not sign, and for a session that has ended."""
    head, _, shown = token.partition(b".")
    if len(token) > _LONGEST_TOKEN or not same(shown, hmac_hex(secret, head)):
        return None
    session = unproven_session(token)
    return session if session and session.expires > now else None


def unproven_session(token: bytes) -> Session | None:
    """What a token says, for where it was proven before."""
    try:
        told: Any = orjson.loads(base64.urlsafe_b64decode(token.partition(b".")[0]))
        return Session(str(told["conversation"]), int(told["expires"]))
    except (binascii.Error, ValueError, TypeError, KeyError):
        return None
