"""What platforms answer to what they are sent: done, later, or never."""

import pytest

from services.live_api.channel import Rejected, Retry, Sent
from services.live_api.channel_kinds import kinds

KINDS = sorted(set(kinds()) - {"telegram", "slack"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, Sent()),
        (204, {}, Sent()),
        (429, {"retry-after": "7"}, Retry(7.0)),
        (429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, Retry()),
        (429, {"retry-after": "-1"}, Retry()),
        (408, {}, Retry()),
        (503, {"retry-after": "1.5"}, Retry(1.5)),
        (500, {}, Retry()),
    ],
)
def test_statuses_mean_what_they_mean_in_http(kind, status, headers, outcome):
    assert kinds()[kind].read_outcome(status, headers, b"") == outcome


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_what_will_never_be_taken_is_not_sent_again(kind, status):
    assert isinstance(kinds()[kind].read_outcome(status, {}, b"<html>"), Rejected)


@pytest.mark.parametrize("kind", ["messenger", "whatsapp"])
@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, b'{"error":{"message":"(#100) No matching user found","code":100}}', None),
        (400, b'{"error":{"message":"Pair rate limit hit","code":131056}}', Retry()),
        (403, b'{"error":{"message":"Application request limit reached","code":4}}', Retry()),
        (400, b'{"error":{"message":"try again","code":100,"is_transient":true}}', Retry()),
        (400, b'{"error":[]}', Rejected("400")),
    ],
)
def test_metas_own_code_tells_what_passes(kind, status, body, outcome):
    never = Rejected("400 (100) (#100) No matching user found")
    assert kinds()[kind].read_outcome(status, {}, body) == (outcome or never)


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        (200, {}, b'{"ok":true,"ts":"1503435956.000247"}', Sent()),
        (200, {}, b'{"ok":false,"error":"channel_not_found"}', Rejected("200 channel_not_found")),
        (200, {}, b'{"ok":false,"error":"ratelimited"}', Retry()),
        (200, {}, b"<html>", Retry()),
        (429, {"retry-after": "30"}, b"", Retry(30.0)),
    ],
)
def test_slack_says_in_the_body_whether_it_took_it(status, headers, body, outcome):
    assert kinds()["slack"].read_outcome(status, headers, body) == outcome


def test_a_reason_is_short():
    found = kinds()["messenger"].read_outcome(400, {}, b'{"error":{"code":1000,"message":"%s"}}' % (b"x" * 5000))
    assert isinstance(found, Rejected)
    assert len(found.reason) <= 300
