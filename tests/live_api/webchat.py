"""A ferry company's web chat: its bot needs no model, its first message is answered by everything that there is."""

from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient

from shared.contracts import Flow
from tests.live_api.theatre import BOT, publish, release

MALICE = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
PICTURE = "https://ferry.example/aurora.png"

BOARD = {"title": "Board Aurora", "next": "aurora"}
WELCOME: dict[str, Any] = {
    "id": "welcome",
    "kind": "message",
    "system": "introduction",
    "messages": [
        {"text": "Ahoy! How can we help?\nYou said: {{ user_message }}"},
        {
            "text": "Choose:",
            "buttons": [
                {"title": "Ferry times", "next": "times"},
                {"title": "Our boats", "url": "https://ferry.example/boats"},
            ],
        },
        {
            "carousel": [
                {"title": "Aurora", "subtitle": "Sails at noon", "image_url": PICTURE, "buttons": [BOARD]},
                {"title": "Nautilus", "subtitle": MALICE},
            ]
        },
        {"media": {"type": "image", "url": PICTURE}},
        {"text": "Or:", "quick_replies": [{"title": "Lost umbrella", "next": "umbrella"}]},
    ],
}  # fmt: skip


def says(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "kind": "message", "messages": [{"text": text}]}


QUAY = Flow(
    id="quay",
    name="Quay",
    blocks=(
        WELCOME,
        says("times", "Every hour, on the hour."),
        says("aurora", "Welcome on board of the Aurora."),
        says("umbrella", "We found seven."),
        {"id": "pardon", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]},
    ),
)


def open_chat(client: TestClient, **config: Any) -> str:
    """The path of a new chat, whose bot is published if it was not."""
    publish(client, None, release(None, intents=(), flows={"quay": QUAY}))
    return add_chat(client, **config)


def add_chat(client: TestClient, **config: Any) -> str:
    body = {"kind": "webchat", "name": "On our site", "config": {"title": "Ferry & Co", **config}}
    made = client.post(f"/v1/bots/{BOT}/channels", json=body)
    assert made.status_code == 201, made.text
    return f"/v1/channels/{made.json()['id']}/webchat"


def bearer(session: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['token']}"}
