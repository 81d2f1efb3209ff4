"""Replies in each platform's own shapes, and within its limits whatever a bot says."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.live_api.channel import Delivery
from services.live_api.channel_kinds import kinds
from services.live_api.platforms.wording import clip, split
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply
from tests.live_api.channels.asking import SECRETS, hex_hmac, rendered, secrets, shown

BOOK, DOGS = (
    ChoiceReply(title="Book", payload="9f86d081884c7d65"),
    ChoiceReply(title="Dogs", payload="60303ae22b998861"),
)
MAP = ChoiceReply(title="Map", url="https://ferry.example/map")
PHOTO = MediaReply(type="image", url="https://ferry.example/pier.jpg")
ISLE = CardReply(title="Isle", subtitle="40 min", image_url="https://ferry.example/isle.jpg", buttons=(BOOK, MAP))
TO = {"slack": "D1", "telegram": "1111111"}


def message(kind: str, reply: Reply) -> list[dict[str, Any]]:
    """Without what every request to the platform has in common."""
    common = {"recipient", "messaging_type", "senderId", "to", "messaging_product", "recipient_type", "channel"}
    found = shown(kind, reply, TO.get(kind, "maud"))
    return [{name: value for name, value in one.items() if name not in common} for one in found]


def test_messenger_is_sent_templates_and_quick_replies():
    template = {"template_type": "button", "text": "Where to?", "buttons": [
        {"type": "postback", "title": "Book", "payload": "9f86d081884c7d65"},
        {"type": "web_url", "title": "Map", "url": "https://ferry.example/map"},
    ]}  # fmt: skip
    quick = [{"content_type": "text", "title": "Dogs", "payload": "60303ae22b998861"}]
    reply = Reply(text="Where to?", buttons=(BOOK, MAP), quick_replies=(DOGS,), media=PHOTO)
    assert message("messenger", reply) == [
        {"message": {"attachment": {"type": "image", "payload": {"url": PHOTO.url}}}},
        {"message": {"attachment": {"type": "template", "payload": template}, "quick_replies": quick}},
    ]
    (call,) = rendered("messenger", Reply(text="Ahoy"), "6557889123")
    assert call.url == "https://graph.facebook.com/v25.0/me/messages"
    assert call.json == {
        "recipient": {"id": "6557889123"},
        "messaging_type": "RESPONSE",
        "message": {"text": "Ahoy"},
    }


def test_buttons_beyond_three_stand_in_a_second_template_without_the_text_again():
    buttons = tuple(ChoiceReply(title=f"{number}", payload=f"p{number}") for number in range(4))
    templates = [
        one["message"]["attachment"]["payload"] for one in message("messenger", Reply(text="Where?", buttons=buttons))
    ]
    assert [(template["text"], len(template["buttons"])) for template in templates] == [("Where?", 3), ("…", 1)]


def test_messenger_is_sent_a_carousel():
    (sent,) = message("messenger", Reply(text="", carousel=(ISLE,)))
    assert sent["message"]["attachment"]["payload"] == {
        "template_type": "generic",
        "elements": [{
            "title": "Isle", "subtitle": "40 min", "image_url": "https://ferry.example/isle.jpg",
            "buttons": [
                {"type": "postback", "title": "Book", "payload": "9f86d081884c7d65"},
                {"type": "web_url", "title": "Map", "url": "https://ferry.example/map"},
            ],
        }],
    }  # fmt: skip


def test_whatsapp_is_sent_buttons_a_list_or_one_link():
    (call,) = rendered("whatsapp", Reply(text="Ahoy"), "16505551234")
    assert call.url == "https://graph.facebook.com/v25.0/106540352242922/messages"
    assert call.json == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "16505551234",
        "type": "text", "text": {"body": "Ahoy"},
    }  # fmt: skip
    (buttons,) = message("whatsapp", Reply(text="With?", buttons=(BOOK, DOGS)))
    assert buttons["interactive"] == {
        "type": "button",
        "body": {"text": "With?"},
        "action": {"buttons": [
            {"type": "reply", "reply": {"id": "9f86d081884c7d65", "title": "Book"}},
            {"type": "reply", "reply": {"id": "60303ae22b998861", "title": "Dogs"}},
        ]},
    }  # fmt: skip
    long = ChoiceReply(title="A bicycle with a trailer", payload="b")
    (listed,) = message("whatsapp", Reply(text="With?", buttons=(long, MAP)))
    assert listed["interactive"]["type"] == "list"
    assert listed["interactive"]["body"] == {"text": "With?\nMap: https://ferry.example/map"}
    assert listed["interactive"]["action"]["sections"][0]["rows"] == [{"id": "b", "title": "A bicycle with a trailer"}]
    (link,) = message("whatsapp", Reply(text="Here:", buttons=(MAP,)))
    assert link["interactive"]["action"] == {
        "name": "cta_url",
        "parameters": {"display_text": "Map", "url": "https://ferry.example/map"},
    }


def test_a_card_in_whatsapp_has_its_image_above_its_buttons():
    (card,) = message("whatsapp", Reply(text="", carousel=(ISLE.model_copy(update={"buttons": (BOOK,)}),)))
    assert card["interactive"]["header"] == {"type": "image", "image": {"link": "https://ferry.example/isle.jpg"}}
    assert card["interactive"]["body"] == {"text": "Isle\n40 min"}


def test_slack_is_sent_blocks_and_the_text_of_the_notification():
    (sent,) = message("slack", Reply(text="Bikes & <dogs>?", buttons=(BOOK, MAP), media=PHOTO))
    assert sent["text"] == "Bikes &amp; &lt;dogs&gt;?"
    image, section, actions = sent["blocks"]
    assert image == {"type": "image", "image_url": PHOTO.url, "alt_text": "image"}
    assert section == {"type": "section", "text": {"type": "mrkdwn", "text": "Bikes &amp; &lt;dogs&gt;?"}}
    assert actions["elements"] == [
        {"type": "button", "text": {"type": "plain_text", "text": "Book", "emoji": True},
         "value": "9f86d081884c7d65", "action_id": "choice_0"},
        {"type": "button", "text": {"type": "plain_text", "text": "Map", "emoji": True},
         "url": "https://ferry.example/map", "action_id": "link_choice_1"},
    ]  # fmt: skip
    (threaded,) = rendered("slack", Reply(text="Soon."), "C1/1515449522.000016")
    assert threaded.json == {"channel": "C1", "thread_ts": "1515449522.000016", "text": "Soon."}


def test_a_customers_front_end_is_sent_both_envelopes_signed_with_time_and_delivery():
    (call,) = rendered("webhook", Reply(text="Ahoy"), "maud")
    sent = kinds()["webhook"].authorise(call, secrets("webhook"), Delivery("out_7", 3, 1764108000))
    assert sent.url == "https://desk.example/in"
    assert orjson.loads(sent.body) == {
        "senderId": "maud", "recipient": {"id": "maud"}, "message": {"text": "Ahoy"}, "messageCounter": 3,
        "verifyToken": "8wMsLZkdDPT64nqh", "deliveryId": "out_7", "timestamp": 1764108000,
    }  # fmt: skip
    assert sent.headers["x-greenroom-signature"] == f"sha256={hex_hmac('sign-here', sent.body).decode()}"
    assert sent.headers["x-greenroom-delivery"] == "out_7"
    assert sent.headers["x-greenroom-timestamp"] == "1764108000"


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_no_secret_is_in_what_is_rendered_and_each_is_put_in_when_it_is_sent(kind):
    calls = rendered(kind, Reply(text="Ahoy"), TO.get(kind, "maud"))
    known = [secret.encode() for secret in SECRETS[kind].values()]
    for call in calls:
        authorised = kinds()[kind].authorise(call, secrets(kind), Delivery("out_1", 1, 0))
        assert not any(secret in repr(call).encode() for secret in known)
        assert any(secret in repr(authorised).encode() for secret in known)
        assert not any(secret in repr(secrets(kind)).encode() for secret in known)


words = st.text(max_size=60) | st.text(min_size=1, max_size=3).map(lambda text: text * 2000)
titles = st.text(min_size=1, max_size=200).filter(str.strip)
choice = st.builds(
    ChoiceReply,
    title=titles,
    url=st.none() | st.just("https://ferry.example/map"),
    payload=st.none() | st.text(min_size=1, max_size=64, alphabet="0123456789abcdef"),
)
card = st.builds(
    CardReply,
    title=titles,
    subtitle=st.none() | words,
    image_url=st.none() | st.just("https://ferry.example/isle.jpg"),
    buttons=st.lists(choice, max_size=3).map(tuple),
)
reply = st.builds(
    Reply,
    text=words,
    buttons=st.none() | st.lists(choice, max_size=3).map(tuple),
    quick_replies=st.none() | st.lists(choice, max_size=13).map(tuple),
    carousel=st.none() | st.lists(card, max_size=12).map(tuple),
    media=st.none()
    | st.builds(MediaReply, type=st.sampled_from(["image", "video", "audio", "file"]), url=st.just("u")),
)
# Of every text that has one of these names, the longest that the platform takes, in characters.
LONGEST = {
    "messenger": {"text": 2000, "title": 80, "subtitle": 80, "payload": 1000},
    "slack": {"text": 3000, "value": 2000, "alt_text": 2000},
    "telegram": {"text": 4096, "caption": 1024, "callback_data": 64},
    "whatsapp": {"body": 4096, "text": 1024, "title": 24, "id": 200, "description": 72, "caption": 1024},
}
MOST = {
    "messenger": {"buttons": 3, "elements": 10, "quick_replies": 13},
    "slack": {"blocks": 50, "elements": 25},
    "telegram": {"inline_keyboard": 100},
    "whatsapp": {"buttons": 3, "rows": 10, "sections": 10},
}


@pytest.mark.parametrize("kind", sorted(LONGEST))
@settings(max_examples=60, deadline=None)
@given(reply=reply)
def test_whatever_a_bot_says_is_within_the_limits(kind, reply):
    for sent in shown(kind, reply, TO.get(kind, "maud")):
        for name, value in _named_values(sent):
            if isinstance(value, str):
                longest = LONGEST[kind].get(name)
                assert value != "" or name == "text", (name, sent)
                assert longest is None or len(value.encode() if name == "callback_data" else value) <= longest
            if isinstance(value, list):
                assert 0 < len(value) <= MOST[kind].get(name, len(value))


@settings(max_examples=60, deadline=None)
@given(reply=reply)
def test_every_choice_of_a_bubble_is_there_to_be_tapped(reply):
    offered = [c for c in (reply.buttons or ()) + (reply.quick_replies or ()) if not c.url]
    bare = reply.model_copy(update={"carousel": None})
    for kind, name in (("telegram", "callback_data"), ("whatsapp", "id"), ("messenger", "payload"), ("slack", "value")):
        sent = [pair for one in shown(kind, bare, TO.get(kind, "maud")) for pair in _named_values(one)]
        found = {value for named, value in sent if named == name and isinstance(value, str)}
        assert {c.payload for c in offered if c.payload} <= found, kind


@given(text=st.text(max_size=300), most=st.integers(min_value=10, max_value=50))
def test_a_text_in_parts_loses_nothing_but_white_space(text, most):
    parts = split(text, most)
    assert all(0 < len(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert len(clip(text, most)) <= most


def test_a_text_is_cut_where_a_reader_would():
    assert split("one two three four", 10) == ["one two", "three four"]
    assert split("first\n\nsecond line", 12) == ["first", "second line"]
    family = "👨\u200d👩\u200d👧"
    assert all(part.startswith("👨") for part in split(family * 8, 12))
    assert split("e\u0301" * 10, 9) == ["e\u0301" * 4, "e\u0301" * 4, "e\u0301" * 2]


def _named_values(value: Any, name: str = "") -> list[tuple[str, Any]]:
    here = [(name, value)]
    if isinstance(value, dict):
        return here + [found for key, inner in value.items() for found in _named_values(inner, key)]
    if isinstance(value, list):
        return here + [found for inner in value for found in _named_values(inner, name)]
    return here
