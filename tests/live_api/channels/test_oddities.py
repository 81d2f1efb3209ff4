"""Payloads with one part replaced by another: whatever a platform sends some day, nothing is raised by it."""

import json
import random
from typing import Any

import pytest

from services.live_api.channel import Ignored, Incoming
from services.live_api.channel_kinds import kinds
from tests.live_api.channels.asking import config, form, post, recorded, secrets, signed

PAYLOADS = {
    "messenger": ["messenger_batch"],
    "slack": ["slack_message", "slack_mention", "slack_tap"],
    "telegram": ["telegram_message", "telegram_tap"],
    "webhook": ["webhook_message", "webhook_click"],
    "whatsapp": ["whatsapp_batch"],
}
ODDITIES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    "",
    "\0",
    "é\u202e",
    "x" * 9000,
    [],
    [None],
    [[]],
    {},
    {"id": {}},
]
TIMES = 200


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], oddity: Any) -> Any:
    if not path:
        return oddity
    items = dict(value) if isinstance(value, dict) else list(value)
    items[path[0]] = replaced(items[path[0]], path[1:], oddity)
    return items


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PAYLOADS for name in PAYLOADS[kind]])
def test_an_oddity_in_a_payload_raises_nothing(kind, name):
    drawn = random.Random(f"oddities of {name}")
    payload = json.loads(recorded(name))
    for _ in range(TIMES):
        odd = payload
        for path in drawn.sample(places(payload), drawn.choice([1, 1, 1, 2])):
            try:
                odd = replaced(odd, path, drawn.choice(ODDITIES))
            except (KeyError, IndexError, TypeError):
                continue
        body = json.dumps(odd).encode()
        _hear(kind, form(body) if name == "slack_tap" else body, name == "slack_tap")


def _hear(kind: str, body: bytes, tapped: bool) -> None:
    spoken, form_type = kinds()[kind], (b"content-type", b"application/x-www-form-urlencoded")
    request = post(body, *signed(kind, body), *([form_type] if tapped else []))
    spoken.verify(request, secrets(kind), 0.0)
    spoken.handshake(request, secrets(kind))
    assert spoken.acknowledge(request).status == 200
    events = spoken.parse(request, config(kind))
    assert events
    for event in events:
        assert event.event_id
        assert isinstance(event, Ignored) or _whole(event), event


def _whole(event: Incoming) -> bool:
    told = (event.conversation, event.text, event.user or "", event.payload or "", event.language or event.hint or "")
    return bool(event.conversation) and all("\0" not in one and one.encode() is not None for one in told)
