"""Taking a bot off from the command line: never without being asked, or told that nobody needs to be."""

from cli.outcome import USAGE

DONE = {"bot": "bot_1", "target": "live", "release": 7, "release_digest": "sha256:7"}


def test_it_is_done_when_it_is_meant(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/unpublish", DONE)
    ended = greenroom("unpublish", "bakery", "--yes", "--notes", "closed for good")
    assert ended.code == 0
    assert "Release 7 was taken off live. Bring it back: greenroom rollback bakery\n" in ended.out
    assert greenroom_api.asked[0].json == {"target": "live", "notes": "closed for good"}


def test_where_nobody_can_be_asked_nothing_is_taken_off(greenroom, greenroom_api):
    assert greenroom("unpublish", "bakery").code == USAGE
    assert greenroom_api.asked == []
