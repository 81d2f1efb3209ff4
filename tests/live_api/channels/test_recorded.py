"""What platforms post, as they document it, and what live hears in it."""

import json

import pytest

from services.live_api.channel import Ignored, Incoming
from services.live_api.channel_kinds import kinds
from shared.flows.conversation import Reply
from tests.live_api.channels.asking import NOW, SECRETS, events, form, get, post, recorded, secrets, shown, signed

BIKES, DOGS = "9f86d081884c7d65", "60303ae22b998861"
PAGE_USER, WEB_USER, FORM = "6557889123", "a7355930-fa92-11e7-8308-2f056e75d1ee", "application/x-www-form-urlencoded"


def test_every_event_of_a_messenger_batch_is_heard_or_ignored_with_a_reason():
    heard = events("messenger", recorded("messenger_batch"))
    assert heard[0] == Incoming("mid.1457764197618:41d102a3e1ae206a38", PAGE_USER, "hello, world!", PAGE_USER)
    assert heard[1] == Ignored("mid.echo", "echo")
    assert (type(heard[2]), heard[2].reason) == (Ignored, "delivery")
    assert heard[3:] == (
        Incoming("mid.quick", PAGE_USER, "Bikes", PAGE_USER, BIKES),
        Incoming("mid.postback", "6557889124", "Get Started", "6557889124", DOGS),
        Incoming("mid.photo", "6557889124", "", "6557889124"),
        Ignored("mid.other", "other_page"),
    )


def test_every_event_of_a_whatsapp_batch_is_heard_or_ignored_with_a_reason():
    maud = "16505551234"
    heard = events("whatsapp", recorded("whatsapp_batch"))
    assert heard[:9] == (
        Incoming("wamid.text", maud, "hi", maud),
        Incoming("wamid.button", maud, "Bikes", maud, BIKES),
        Incoming("wamid.row", maud, "Dogs", maud, DOGS),
        Incoming("wamid.template", maud, "Stop promotions", maud, "stop"),
        Incoming("wamid.photo", maud, "my bike", maud),
        Ignored("wamid.reaction", "not_a_message"),
        Ignored("wamid.unsupported", "not_a_message"),
        Ignored("wamid.sent:delivered", "status"),
        Ignored("wamid.other", "other_number"),
    )
    assert [event.reason for event in heard[9:]] == ["not_a_message"]


def test_a_person_without_a_number_is_answered_by_the_id_that_whatsapp_gives_for_them():
    update = json.loads(recorded("whatsapp_batch"))
    value = update["entry"][0]["changes"][0]["value"]
    value["messages"] = [{**value["messages"][0], "from": ""}, {**value["messages"][0], "group_id": "Y2FwaV9ncm91cA"}]
    value["contacts"] = [{"profile": {"name": "Maud", "username": "@maud"}, "user_id": "US.13491208655302741918"}]
    nameless, group = events("whatsapp", json.dumps(update).encode())[:2]
    assert nameless == Incoming("wamid.text", "US.13491208655302741918", "hi", "US.13491208655302741918")
    assert group == Ignored("wamid.text", "not_addressed")
    (sent,) = shown("whatsapp", Reply(text="Ahoy"), nameless.conversation)
    assert sent["recipient"] == "US.13491208655302741918"
    assert "to" not in sent


def test_a_direct_message_and_a_mention_are_heard_in_slack():
    assert events("slack", recorded("slack_message")) == (
        Incoming("Ev08MFMKH6", "D0PNCRP9N", "Hello & good <day>", "U061F7AUR"),
    )
    assert events("slack", recorded("slack_mention")) == (
        Incoming("Ev08MFMKH7", "C0LAN2Q65/1515449522.000016", "when is the next ferry", "U061F7AUR"),
    )


def test_a_tap_in_slack_comes_as_a_form_and_a_link_is_nobodys_message():
    tap, link = events("slack", form(recorded("slack_tap")), (b"content-type", FORM.encode()))
    assert (tap.conversation, tap.text, tap.user, tap.payload) == (
        "CBR2V3XEX/1548261200.000100",
        "Bikes & scooters",
        "UA8RXUSPL",
        BIKES,
    )
    assert (type(link), link.reason) == (Ignored, "link")
    assert tap.event_id != link.event_id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (b'"bot_id":"B1","user"', "bot"),
        (b'"subtype":"message_changed","user"', "edited"),
        (b'"subtype":"message_deleted","user"', "deleted"),
        (b'"subtype":"bot_message","user"', "bot"),
        (b'"subtype":"channel_join","user"', "not_a_message"),
        (b'"subtype":7,"user"', "not_a_message"),
        (b'"x"', "no_address"),
    ],
)
def test_what_no_person_said_to_the_bot_in_slack_is_ignored(change, reason):
    (event,) = events("slack", recorded("slack_message").replace(b'"user"', change, 1))
    assert event == Ignored("Ev08MFMKH6", reason)


def test_talk_in_a_slack_channel_that_does_not_name_the_bot_is_not_meant_for_it():
    talk = recorded("slack_message").replace(b'"channel_type":"im"', b'"channel_type":"channel"')
    assert events("slack", talk) == (Ignored("Ev08MFMKH6", "not_addressed"),)


def test_a_customers_front_end_is_heard():
    body = recorded("webhook_message")
    assert events("webhook", body) == (Incoming("req_1", WEB_USER, "hi", WEB_USER, None, "fr"),)
    (named,) = events("webhook", body, (b"idempotency-key", b"m-7"))
    assert named.event_id == "given:m-7"
    (click,) = events("webhook", recorded("webhook_click"))
    assert (click.text, click.payload) == ("Bikes", None)
    (opaque,) = events("webhook", body.replace(b'"hi"', b'"%s"' % (BIKES[:8] * 5).encode()))
    assert opaque.payload == BIKES[:8] * 5


@pytest.mark.parametrize(
    ("sent", "reason"), [(b'{"text":"hi"}', "no_address"), (b'{"text":1,"sender":{"id":"maud"}}', "not_a_message")]
)
def test_a_front_end_that_leaves_out_what_is_needed_is_ignored_with_a_reason(sent, reason):
    assert events("webhook", sent) == (Ignored("req_1", reason),)


def test_telegrams_messages_and_taps_are_heard():
    assert events("telegram", recorded("telegram_message")) == (
        Incoming("10000", "1111111", "/start", "1111111", hint="en"),
    )
    assert events("telegram", recorded("telegram_tap")) == (
        Incoming("10001", "1111111", "Dogs", "1111111", DOGS, hint="en"),
    )


@pytest.mark.parametrize("kind", ["messenger", "whatsapp"])
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-me", b"1158201444"),
        ("hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=verify-me", b"<b>"),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-you", None),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", None),
        ("hub.mode=subscribe&hub.challenge=1", None),
        ("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verify-me", None),
        ("hub.mode=subscribe&hub.verify_token=verify-me", None),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify-me&hub.verify_token=x", None),
        (f"hub.mode=subscribe&hub.challenge={'1' * 1025}&hub.verify_token=verify-me", None),
        ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=%ff%00%E9", None),
        ("", None),
    ],
)
def test_metas_challenge_is_given_back_to_whoever_knows_the_verify_token(kind, query, answer):
    found = kinds()[kind].handshake(get(query), secrets(kind))
    assert (found.body if found else None) == answer
    assert found is None or found.media_type == "text/plain"


def test_slacks_challenge_is_given_back():
    body = b'{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}'
    found = kinds()["slack"].handshake(post(body), secrets("slack"))
    assert found.body == b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert kinds()["slack"].handshake(post(recorded("slack_message")), secrets("slack")) is None


def test_half_a_character_spoils_no_batch():
    body = recorded("messenger_batch").replace(b"hello, world!", b"hello \\ud83d\\u0000!")
    assert events("messenger", body)[0].text == "hello ?!"


@pytest.mark.parametrize("kind", ["messenger", "slack", "telegram", "whatsapp"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, b'{"entry":[{}]}'])
def test_what_makes_no_sense_is_one_event_that_is_ignored(kind, body):
    (event,) = events(kind, body)
    assert isinstance(event, Ignored)
    assert kinds()[kind].acknowledge(post(body)).status == 200


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_a_proof_of_one_body_proves_no_other(kind):
    body = recorded("webhook_message")
    headers = signed(kind, body)
    genuine = kinds()[kind].verify(post(body, *headers), secrets(kind), NOW)
    assert (genuine == "genuine") == (kind != "rest")
    if kind in ("messenger", "whatsapp", "slack"):
        assert kinds()[kind].verify(post(body + b" ", *headers), secrets(kind), NOW) == "webhook_signature_invalid"
