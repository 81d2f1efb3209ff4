"""Opaque identifiers, made by the server: 128 random bits, sortable by nothing, guessable by nobody."""

import base64
import secrets


def new_id(prefix: str) -> str:
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"
