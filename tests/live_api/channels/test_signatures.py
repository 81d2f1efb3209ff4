"""Proofs: the platforms' own test vectors, and forgeries, of which none is taken."""

import random

import pytest

from services.live_api.channel import Verdict
from services.live_api.channel_kinds import kinds
from tests.live_api.channels.asking import NOW, SECRETS, form, post, recorded, secrets, signed
from tests.live_api.channels.forging import BODIES, FORGERIES, forge

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_SIGNATURE = b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def slack(body: bytes, *headers: tuple[bytes, bytes], now: float = 1531420618) -> Verdict:
    return kinds()["slack"].verify(post(body, *headers), secrets("slack"), now)


def test_slacks_own_vector_holds():
    stamp, signature = (b"x-slack-request-timestamp", b"1531420618"), (b"x-slack-signature", SLACK_SIGNATURE)
    assert SECRETS["slack"]["signing_secret"] == SLACK_SECRET
    assert slack(SLACK_BODY, stamp, signature) is Verdict.GENUINE
    assert slack(SLACK_BODY, stamp, signature, now=1531420618 + 300) is Verdict.GENUINE
    assert slack(SLACK_BODY, stamp, signature, now=1531420618 + 301) is Verdict.STALE
    assert slack(SLACK_BODY, stamp, signature, now=1531420618 - 301) is Verdict.STALE
    assert slack(SLACK_BODY + b"&", stamp, signature) is Verdict.FORGED


@pytest.mark.parametrize("stamp", [b"", b"soon", b"-1531420618", b"1531420618.0", b"9" * 400, b"\xff", b" 1531420618"])
def test_a_time_that_is_none_is_stale_in_slack(stamp):
    headers = (b"x-slack-request-timestamp", stamp), (b"x-slack-signature", SLACK_SIGNATURE)
    assert slack(SLACK_BODY, *headers) is Verdict.STALE
    assert slack(SLACK_BODY, headers[1]) is Verdict.STALE


def test_a_form_of_slack_is_signed_as_it_is_sent():
    body = form(recorded("slack_tap"))
    assert slack(body, *signed("slack", body), now=NOW) is Verdict.GENUINE


@pytest.mark.parametrize("kind", ["messenger", "whatsapp"])
def test_meta_signs_the_spelling_that_it_sends(kind):
    """Characters beyond ASCII are escaped in what it signs: the same JSON spelled otherwise is another body."""
    escaped = b'{"object":"page","entry":[],"text":"\\u00e9\\ud83d\\ude00"}'
    headers = signed(kind, escaped)
    assert kinds()[kind].verify(post(escaped, *headers), secrets(kind), NOW) is Verdict.GENUINE
    spelled = escaped.decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16").encode()
    assert kinds()[kind].verify(post(spelled, *headers), secrets(kind), NOW) is Verdict.FORGED


@pytest.mark.parametrize(
    "shown",
    [
        b"", b"sha256=", b"sha1=" + b"0" * 40, b"md5=" + b"0" * 32, b"shake_128=" + b"0" * 32, b"sha256=" + b"0" * 64,
        b"sha256=" + b"x" * 10_240, "sha256=é".encode(), b"sha256=\xff\xfe", b"v0=", b"v0=" + b"0" * 64, b"\0" * 64,
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", sorted(BODIES))
def test_odd_signatures_are_forged(kind, shown):
    headers = [(name, shown) for name, _ in signed(kind, BODIES[kind]) if name != b"x-slack-request-timestamp"]
    headers += [(b"x-slack-request-timestamp", str(NOW).encode()), (b"x-hub-signature", shown)]
    body = BODIES[kind].replace(b"8wMsLZkdDPT64nqh", b"another token")
    assert kinds()[kind].verify(post(body, *headers), secrets(kind), NOW) is Verdict.FORGED


def test_an_empty_secret_is_no_secret():
    for kind in BODIES:
        for name in kinds()[kind].Secrets.model_fields:
            with pytest.raises(ValueError):
                kinds()[kind].Secrets(**{**SECRETS[kind], name: ""})


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_no_forgery_is_taken(kind):
    drawn = random.Random(f"forgeries of {kind}")
    for _ in range(FORGERIES):
        forged = forge(drawn, kind)
        verdict = kinds()[kind].verify(post(*forged), secrets(kind), NOW)
        assert verdict in (Verdict.FORGED, Verdict.STALE), forged
