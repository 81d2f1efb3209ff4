"""Telegram: what it posts, and what it is sent."""

import orjson
import pytest

from services.live_api.channel import Delivery, Event, Ignored, Incoming, Outgoing, RawRequest, Rejected, Retry, Sent
from services.live_api.channels import telegram
from services.live_api.channels.telegram import Config, Secrets
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply

SECRETS = Secrets(bot_token="123456:ferry", secret_token="harbour-master_7")
MAUD = {"id": 1111111, "is_bot": False, "first_name": "Maud", "language_code": "en"}
CHAT = {"id": 1111111, "type": "private"}


def post(update: object, *headers: tuple[bytes, bytes]) -> RawRequest:
    return RawRequest("req_1", "POST", b"", headers, orjson.dumps(update))


def parsed(update: object, **config: str) -> Event:
    (event,) = telegram.parse(post(update), Config(**config))
    return event


def sent(reply: Reply, to: str = "1111111") -> list[tuple[str, dict]]:
    calls = telegram.render(reply, to, Config())
    return [(call.url.removeprefix("https://api.telegram.org/"), dict(call.json)) for call in calls]


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ([(b"x-telegram-bot-api-secret-token", b"harbour-master_7")], "genuine"),
        ([], "webhook_signature_invalid"),
        ([(b"x-telegram-bot-api-secret-token", b"harbour-master_8")], "webhook_signature_invalid"),
        ([(b"x-telegram-bot-api-secret-token", b"\xc3\xa9\xff")], "webhook_signature_invalid"),
        ([(b"x-telegram-bot-api-secret-token", b"harbour-master_7")] * 2, "webhook_signature_invalid"),
    ],
)
def test_the_secret_token_is_the_proof(headers, verdict):
    assert telegram.verify(post({}, *headers), SECRETS, 0.0) == verdict


def test_a_message_is_heard():
    update = {"update_id": 10000, "message": {"message_id": 1, "date": 1, "from": MAUD, "chat": CHAT, "text": "/start"}}
    assert parsed(update) == Incoming("10000", "1111111", "/start", "1111111", hint="en")


def test_a_tapped_button_is_its_payload_with_its_title():
    keyboard = {
        "inline_keyboard": [[{"text": "Bikes", "callback_data": "p1"}, {"text": "Dogs", "callback_data": "p2"}]]
    }
    message = {"message_id": 1365, "chat": CHAT, "reply_markup": keyboard}
    query = {"id": "4382bfdwdsb323b2d9", "from": MAUD, "message": message, "data": "p2"}
    update = {"update_id": 10001, "callback_query": query}
    assert parsed(update) == Incoming("10001", "1111111", "Dogs", "1111111", "p2", hint="en")
    answer = orjson.loads(telegram.acknowledge(post(update)).body)
    assert answer == {"method": "answerCallbackQuery", "callback_query_id": "4382bfdwdsb323b2d9"}


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({"update_id": 1, "edited_message": {"chat": CHAT, "text": "x"}}, "edited"),
        ({"update_id": 1, "message": {"from": {**MAUD, "is_bot": True}, "chat": CHAT, "text": "x"}}, "bot"),
        ({"update_id": 1, "my_chat_member": {}}, "not_a_message"),
        ({"update_id": 1, "message": None}, "not_a_message"),
        ({"update_id": 1, "message": {"chat": {"id": "x"}}}, "no_address"),
        ({"update_id": "1"}, "unreadable"),
        ([], "unreadable"),
    ],
)
def test_what_nobody_said_is_ignored_with_a_reason(update, reason):
    event = parsed(update)
    assert isinstance(event, Ignored)
    assert event.reason == reason


def test_a_sticker_has_no_words_and_a_photo_has_its_caption():
    assert parsed({"update_id": 1, "message": {"from": MAUD, "chat": CHAT, "sticker": {"emoji": "⚓"}}}).text == ""
    assert parsed(
        {"update_id": 2, "message": {"from": MAUD, "chat": CHAT, "photo": [], "caption": "my bike"}}
    ).text == ("my bike")


def test_in_a_group_the_bots_name_is_taken_off_a_command_and_a_topic_is_part_of_the_address():
    message = {"from": MAUD, "chat": {"id": -100, "type": "supergroup"}, "text": "/times@Ferry_bot now"}
    topic = {**message, "is_topic_message": True, "message_thread_id": 7}
    event = parsed({"update_id": 1, "message": topic}, bot_username="ferry_bot")
    assert (event.conversation, event.text) == ("-100/7", "/times now")
    assert sent(Reply(text="Soon."), event.conversation) == [
        ("sendMessage", {"chat_id": -100, "message_thread_id": 7, "text": "Soon."})
    ]


def test_every_choice_is_a_button_of_the_last_part_of_a_long_text():
    reply = Reply(
        text="word " * 1000,
        buttons=(ChoiceReply(title="Yes", payload="p1"), ChoiceReply(title="Map", url="https://ferry.example/map")),
        quick_replies=(ChoiceReply(title="Later" * 40, payload="é" * 40),),
    )
    first, last = sent(reply)
    assert first[1]["text"].endswith("word")
    assert len(first[1]["text"]) <= 4096
    assert "reply_markup" not in first[1]
    rows = last[1]["reply_markup"]["inline_keyboard"]
    assert rows[:2] == [[{"text": "Yes", "callback_data": "p1"}], [{"text": "Map", "url": "https://ferry.example/map"}]]
    assert (len(rows[2][0]["text"]), rows[2][0]["callback_data"]) == (64, "é" * 32)


def test_media_carries_a_short_text_and_cards_their_buttons():
    photo = MediaReply(type="image", url="https://ferry.example/pier.jpg")
    card = CardReply(title="Isle", subtitle="40 min", buttons=(ChoiceReply(title="Book", payload="b"),))
    assert sent(Reply(text="Pier 3", media=photo, carousel=(card,))) == [
        ("sendPhoto", {"chat_id": 1111111, "photo": "https://ferry.example/pier.jpg", "caption": "Pier 3"}),
        (
            "sendMessage",
            {
                "chat_id": 1111111,
                "text": "Isle\n40 min",
                "reply_markup": {"inline_keyboard": [[{"text": "Book", "callback_data": "b"}]]},
            },
        ),
    ]


def test_the_token_is_put_in_when_it_is_sent_and_not_before():
    (call,) = telegram.render(Reply(text="Ahoy"), "1", Config(api_base="http://127.0.0.1:9/"))
    assert call.url == "http://127.0.0.1:9/sendMessage"
    authorised = telegram.authorise(call, SECRETS, Delivery("out_1", 1, 0))
    assert authorised == Outgoing(
        "POST", "http://127.0.0.1:9/bot123456:ferry/sendMessage", call.headers, {"chat_id": 1, "text": "Ahoy"}
    )


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"ok":true,"result":{}}', Sent()),
        (429, b'{"ok":false,"parameters":{"retry_after":7}}', Retry(7.0)),
        (502, b"<html>", Retry()),
        (403, b'{"ok":false,"description":"Forbidden: bot was blocked by the user"}', None),
    ],
)
def test_what_telegram_answers_is_read(status, body, outcome):
    expected = outcome or Rejected("403 Forbidden: bot was blocked by the user")
    assert telegram.read_outcome(status, {}, body) == expected


@pytest.mark.parametrize("token", ["", "with space", "ünïcode", "x" * 257])
def test_a_secret_token_that_telegram_would_refuse_is_none(token):
    with pytest.raises(ValueError):
        Secrets(bot_token="1:a", secret_token=token)
