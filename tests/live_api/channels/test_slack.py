"""What people type in Slack is heard as they typed it."""

import json

import pytest

from services.live_api.channel import Incoming
from tests.live_api.channels.asking import events, recorded


def heard(text: str) -> str:
    update = json.loads(recorded("slack_message"))
    update["event"]["text"] = text
    update["authorizations"] = [{"user_id": "U0FERRYBOT", "is_bot": True}]
    (event,) = events("slack", json.dumps(update).encode())
    assert isinstance(event, Incoming)
    return event.text


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("write to <mailto:ada@x.example|ada@x.example>", "write to ada@x.example"),
        ("<mailto:ada@x.example>", "ada@x.example"),
        ("look at <http://foo.example/x|foo.example/x> please", "look at foo.example/x please"),
        ("<https://foo.example/a?b=1&amp;c=2>", "https://foo.example/a?b=1&c=2"),
        ("<http://foo.example/caf%C3%A9|foo.example/café>", "foo.example/café"),
        ("call <tel:+32470123456|+32 470 12 34 56>", "call +32 470 12 34 56"),
        ("it is on <https://foo.example/x|our page>", "it is on our page https://foo.example/x"),
        ("<@U061F7AUR> opening hours", "opening hours"),
        ("opening hours <@U0FERRYBOT>", "opening hours"),
        ("ask <@U061F7AUR|maud> or <@U9>", "ask @maud or @U9"),
        ("see <#C024BE7LR|general>, <#C9>", "see #general, #C9"),
        ("<!here> and <!channel|channel>", "@here and @channel"),
        ("<!subteam^SAZ94GDB8|@crew> <!subteam^S1>", "@crew @S1"),
        ("on <!date^1392734382^{date}|18 February>", "on 18 February"),
        ("2 &lt; 3 &amp; 4 &gt; 3, &amp;lt; and *bold*", "2 < 3 & 4 > 3, &lt; and *bold*"),
        ("&lt;@U061F7AUR&gt; as text", "<@U061F7AUR> as text"),
        ("< never closed <", "< never closed <"),
    ],
)
def test_markup_is_heard_as_what_was_typed(sent: str, typed: str) -> None:
    assert heard(sent) == typed
