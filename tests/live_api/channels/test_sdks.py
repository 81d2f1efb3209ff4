"""The platforms' own clients: what they make live reads, what live makes they would have made or can read."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pywa
import telegram
from pywa.types import Button, CallbackButton, Message, Section, SectionList, SectionRow
from pywa.utils import webhook_updates_validator
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block
from slack_sdk.signature import SignatureVerifier

from services.live_api.channel import Incoming, Verdict
from services.live_api.channel_kinds import kinds
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply
from tests.live_api.channels.asking import NOW, SECRETS, events, form, post, recorded, rendered, secrets, shown, signed
from tests.live_api.channels.fake_platform import FakePlatform, Sent, fake_platform

BOOK, DOGS = ChoiceReply(title="Book", payload="9f86d081"), ChoiceReply(title="Dogs", payload="60303ae2")
MAP = ChoiceReply(title="Map", url="https://ferry.example/map")
ISLE = CardReply(title="Isle", image_url="https://ferry.example/isle.jpg", buttons=(BOOK, MAP))
EVERYTHING = Reply(
    text="Bikes & <dogs>?",
    buttons=(BOOK, MAP),
    quick_replies=(DOGS,),
    carousel=(ISLE,),
    media=MediaReply(type="image", url="https://ferry.example/pier.jpg"),
)


@pytest.fixture(scope="module")
def platform() -> Iterator[FakePlatform]:
    with fake_platform() as opened:
        yield opened


def last(platform: FakePlatform) -> Sent:
    return platform.sent[-1]


# -- Slack ---------------------------------------------------------------------


@pytest.mark.parametrize("body", [recorded("slack_message"), form(recorded("slack_tap"))])
def test_slacks_verifier_and_live_sign_alike(body):
    verifier = SignatureVerifier(SECRETS["slack"]["signing_secret"])
    signature = verifier.generate_signature(timestamp=str(NOW), body=body)
    headers = (b"x-slack-request-timestamp", str(NOW).encode()), (b"x-slack-signature", signature.encode())
    assert kinds()["slack"].verify(post(body, *headers), secrets("slack"), NOW) is Verdict.GENUINE
    assert headers == signed("slack", body)


def test_slacks_client_sends_what_live_sends_and_finds_every_block_valid(platform):
    client = WebClient(SECRETS["slack"]["bot_token"], base_url=f"{platform.url}/api/")
    for call in rendered("slack", EVERYTHING, "D1"):
        authorised = kinds()["slack"].authorise(call, secrets("slack"), None)
        for block in Block.parse_all(call.json.get("blocks")):
            block.validate_json()
        client.chat_postMessage(**call.json)
        assert last(platform).path == call.url.removeprefix("https://slack.com")
        assert last(platform).values == call.json
        assert last(platform).headers["authorization"] == authorised.headers["authorization"]


# -- Telegram ------------------------------------------------------------------

MAUD = telegram.User(1111111, "Maud", is_bot=False, language_code="en")
CHAT = telegram.Chat(1111111, "private")


def update(number: int, **what: Any) -> bytes:
    return telegram.Update(number, **what).to_json().encode()


def test_updates_of_telegrams_library_are_read():
    said = telegram.Message(1, datetime.now(UTC), CHAT, from_user=MAUD, text="when is the next ferry")
    assert events("telegram", update(7, message=said)) == (
        Incoming("7", "1111111", "when is the next ferry", "1111111", hint="en"),
    )
    (call,) = rendered("telegram", Reply(text="With?", buttons=(BOOK, DOGS)), "1111111")
    keyboard = telegram.InlineKeyboardMarkup.de_json(dict(call.json["reply_markup"]))
    shown = telegram.Message(2, datetime.now(UTC), CHAT, text="With?", reply_markup=keyboard)
    tapped = telegram.CallbackQuery("q1", MAUD, "chat", message=shown, data="60303ae2")
    assert events("telegram", update(8, callback_query=tapped)) == (
        Incoming("8", "1111111", "Dogs", "1111111", "60303ae2", hint="en"),
    )
    edited = telegram.Message(1, datetime.now(UTC), CHAT, from_user=MAUD, text="when is the last ferry")
    assert [event.reason for event in events("telegram", update(9, edited_message=edited))] == ["edited"]


def test_telegrams_library_sends_what_live_sends(platform):
    for call in rendered("telegram", EVERYTHING, "1111111"):
        authorised = kinds()["telegram"].authorise(call, secrets("telegram"), None)
        method = call.url.rpartition("/")[2]
        values = dict(call.json)
        if "reply_markup" in values:
            values["reply_markup"] = telegram.InlineKeyboardMarkup.de_json(dict(values["reply_markup"]))
        asyncio.run(_sent_by_library(platform, method, values))
        assert last(platform).path == authorised.url.removeprefix("https://api.telegram.org")
        assert last(platform).values == {**call.json, "chat_id": "1111111"}


async def _sent_by_library(platform: FakePlatform, method: str, values: dict[str, Any]) -> None:
    bot = telegram.Bot(SECRETS["telegram"]["bot_token"], base_url=f"{platform.url}/bot")
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in method)
    await getattr(bot, snake)(**values)


# -- WhatsApp ------------------------------------------------------------------


@pytest.fixture(scope="module")
def whatsapp(platform: FakePlatform) -> pywa.WhatsApp:
    session = httpx.Client(trust_env=False)
    client = pywa.WhatsApp("106540352242922", SECRETS["whatsapp"]["access_token"], session=session)
    session.base_url = f"{platform.url}/v25.0"
    return client


def test_pywa_takes_the_signature_for_good():
    body = recorded("whatsapp_batch")
    ((_, signature),) = signed("whatsapp", body)
    assert webhook_updates_validator(SECRETS["whatsapp"]["app_secret"], body, signature.decode())
    assert kinds()["whatsapp"].verify(post(body, (b"x-hub-signature-256", signature)), secrets("whatsapp"), NOW) == (
        "genuine"
    )


def test_pywa_and_live_read_the_same_in_a_payload(whatsapp):
    batch = json.loads(recorded("whatsapp_batch"))
    value = batch["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["user_id"] = "US.13491208655302741918"
    text, tap = value["messages"][:2]
    for one, read in ((text, Message), (tap, CallbackButton)):
        value["messages"] = [one]
        alone = {**batch, "entry": [{**batch["entry"][0], "changes": batch["entry"][0]["changes"][:1]}]}
        theirs = read.from_update(whatsapp, alone)
        (ours,) = events("whatsapp", json.dumps(alone).encode())
        assert (theirs.id, theirs.from_user.wa_id) == (ours.event_id, ours.conversation)
        if read is Message:
            assert theirs.text == ours.text
        else:
            assert (theirs.title, theirs.data) == (ours.text, ours.payload)


def test_pywa_sends_what_live_sends(whatsapp, platform):
    to = "16505551234"
    for reply, buttons in (
        (Reply(text="Ahoy"), None),
        (Reply(text="With?", buttons=(BOOK, DOGS)), [Button("Book", "9f86d081"), Button("Dogs", "60303ae2")]),
        (Reply(text="Look:", buttons=(MAP,)), pywa.types.URLButton("Map", "https://ferry.example/map")),
        (
            Reply(text="With?", quick_replies=tuple(ChoiceReply(title=f"{n}", payload=f"p{n}") for n in range(4))),
            SectionList("☰", [Section("", [SectionRow(f"{n}", f"p{n}") for n in range(4)])]),
        ),
    ):
        whatsapp.send_message(to, reply.text, buttons=buttons)
        (ours,) = shown("whatsapp", reply, to)
        theirs = last(platform).values
        assert last(platform).path == "/v25.0/106540352242922/messages"
        assert _bare(theirs) == _bare(ours)


def _bare(value: Any) -> Any:
    """Without what is empty or said by default."""
    if isinstance(value, dict):
        kept = {name: _bare(inner) for name, inner in value.items() if name != "preview_url"}
        return {name: inner for name, inner in kept.items() if inner not in ("", None)}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value
