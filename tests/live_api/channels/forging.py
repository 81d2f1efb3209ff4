"""Forgeries: genuine requests with one thing wrong with them, drawn at random but the same in every run.

GREENROOM_FORGERIES says how many are tried over all kinds; 2,000 unless it does.
"""

import os
import random
from typing import Any

from tests.live_api.channels.asking import NOW, SECRETS, recorded, signed

BODIES = {
    "messenger": recorded("messenger_batch"),
    "slack": recorded("slack_message"),
    "telegram": recorded("telegram_message"),
    "webchat": b'{"id":"m-1","text":"hi"}',
    "webhook": recorded("webhook_message"),
    "whatsapp": recorded("whatsapp_batch"),
}
FORGERIES = int(os.environ.get("GREENROOM_FORGERIES", "2000")) // len(BODIES)
SIGNED_BODY = ("messenger", "slack", "whatsapp")


def forge(drawn: random.Random, kind: str, at: int = NOW) -> tuple[Any, ...]:
    """A body and its headers, wrong in the body, in the proof, or in how the proof is shown. `at` is Unix time."""
    body = BODIES[kind]
    ways = [_flip_proof, _cut_proof, _double_proof, _no_proof, _noise] if kind != "webhook" else [_change_token]
    if kind in SIGNED_BODY:
        ways += [_flip_body, _cut_body]
    return drawn.choice(ways)(drawn, body, signed(kind, body, at))


def _change_token(drawn, body, headers):
    token = SECRETS["webhook"]["verify_token"]
    spot = drawn.randrange(len(token))
    others = ["", "é", "\\u0000", "0" * drawn.randrange(2, 300), chr(ord(token[spot]) ^ 1)]
    return (body.replace(token.encode(), (token[:spot] + drawn.choice(others) + token[spot + 1 :]).encode()),)


def _flip_proof(drawn, body, headers):
    spot = drawn.randrange(len(headers[-1][1]))
    value = bytearray(headers[-1][1])
    value[spot] ^= 1 << drawn.randrange(8)
    return body, *headers[:-1], (headers[-1][0], bytes(value))


def _cut_proof(drawn, body, headers):
    name, value = headers[-1]
    return body, *headers[:-1], (name, value[: drawn.randrange(len(value))])


def _double_proof(drawn, body, headers):
    return body, *headers, headers[-1]


def _no_proof(drawn, body, headers):
    return body, *headers[:-1]


def _noise(drawn, body, headers):
    return body, *headers[:-1], (headers[-1][0], drawn.randbytes(drawn.randrange(200)))


def _flip_body(drawn, body, headers):
    changed = bytearray(body)
    changed[drawn.randrange(len(body))] ^= 1 << drawn.randrange(8)
    return bytes(changed), *headers


def _cut_body(drawn, body, headers):
    return body[: drawn.randrange(len(body))], *headers
