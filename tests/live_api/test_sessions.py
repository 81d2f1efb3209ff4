"""A session opens one conversation, until it ends, and nobody makes one without the secret."""

import pytest
from pydantic import SecretStr

from services.live_api.channel import Ignored, Incoming
from services.live_api.sessions import Session, read_session, sign_session
from tests.live_api.channels.asking import NOW, events, signed

SECRET = SecretStr("session-secret")
MAUD = Session("web_maud", NOW + 60)


def test_a_session_is_read_by_whom_it_was_signed_for_until_it_ends():
    token = sign_session(MAUD, SECRET).encode()
    assert read_session(token, SECRET, NOW) == MAUD
    assert read_session(token, SECRET, NOW + 60) is None
    assert read_session(token, SecretStr("another"), NOW) is None
    otto = sign_session(Session("web_otto", NOW + 60), SECRET).encode()
    assert read_session(otto.partition(b".")[0] + b"." + token.partition(b".")[2], SECRET, NOW) is None


@pytest.mark.parametrize("token", [b"", b".", b"e30=.", b"\xff.\xff", b"x" * 5000, b"bnVsbA==." + b"0" * 64])
def test_what_is_no_session_opens_nothing(token):
    assert read_session(token, SECRET, NOW) is None


def test_a_page_says_what_its_user_writes_or_taps():
    session = signed("webchat", b"")
    body = b'{"id":"m-1","text":"Bikes","payload":"9f86d081","language":"en"}'
    assert events("webchat", body, *session) == (
        Incoming("web_maud:m-1", "web_maud", "Bikes", "web_maud", "9f86d081", "en"),
    )
    assert events("webchat", b'{"text":"hi"}', *session)[0].event_id == "web_maud:req_1"
    for nothing in (b"", b"[]", b'{"text":7}'):
        assert events("webchat", nothing, *session) == (Ignored("web_maud:req_1", "not_a_message"),)
