"""What was acknowledged is answered: once, in order, whatever goes wrong in between."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from services.live_api.channel import Ignored
from tests.live_api.pier import Platform, deliver, on, open_channel, said, settled, states
from tests.live_api.theatre import Live, Trained, publish, release


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def client(live: Live, platform: Platform, trained: Trained) -> Iterator[TestClient]:
    with on(live, platform).open() as opened:
        publish(opened, trained, release(trained))
        yield opened


@pytest.fixture
def quay(client: TestClient) -> str:
    return open_channel(client)


def test_what_a_platform_brings_is_answered_there_once(client: TestClient, quay: str, platform: Platform) -> None:
    for _ in range(2):
        deliver(client, quay, said(1, "when is the next ferry"), Ignored("2", "echo"), said(3, "how much is a ticket"))
    settled(client)
    assert platform.texts() == ["Every hour.", "Four crowns."]
    assert states(client) == (["answered", "ignored", "answered"], ["sent", "sent"])
