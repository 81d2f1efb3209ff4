"""While the database is away nothing is acknowledged; what was, is answered once it is back (O4)."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from shared.db import Database
from tests.live_api.harbour import echo, update
from tests.live_api.pier import Platform, on, open_channel, settled
from tests.live_api.test_damage import _let_in
from tests.live_api.theatre import Live, publish, release, wait_for

pytestmark = pytest.mark.postgres


def test_a_webhook_is_told_to_come_again_and_heard_when_the_database_is_back(tmp_path: Path, postgres_url: str) -> None:
    platform = Platform()
    server, name = Database(postgres_url.rsplit("/", 1)[0] + "/postgres"), postgres_url.rsplit("/", 1)[1]
    with on(Live.at(tmp_path, postgres_url), platform, pause_seconds=0.02).open() as client:
        publish(client, None, release(None, flows=echo()))
        channel = open_channel(client)
        assert hear(client, channel, 1) == 200
        _let_in(server, name, False)
        with server.writing() as connection:
            closing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(closing), {"name": name})
        assert [hear(client, channel, 2) for _ in range(3)] == [503] * 3
        _let_in(server, name, True)
        wait_for(lambda: hear(client, channel, 2) == 200, "the database is back")
        settled(client)
        assert platform.texts() == ["heard word 1", "heard word 2"]
    server.dispose()


def hear(client: TestClient, channel: str, number: int) -> int:
    proof = {"X-Telegram-Bot-Api-Secret-Token": "s3", "Content-Type": "application/json"}
    body = update(number, 1, f"word {number}")
    return client.post(f"/v1/channels/{channel}/webhook", content=body, headers=proof).status_code
