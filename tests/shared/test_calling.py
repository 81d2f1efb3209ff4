"""A call of a flow: secrets are put in on the way out, and what comes back is data, or the reason why there is none."""

import asyncio
from typing import Any

import pytest

from shared.calling import make_call
from shared.flows.effects import HttpCall, HttpOutcome, SecretText
from shared.secrets import UnreadableSecretError
from tests.shared.harbour import Heard, Pier, Say, answers, pier, plain, reaching

TOKEN = "sk-of-the-ticket-desk"
SECRETS = {"DESK_TOKEN": TOKEN, "PIN": "12"}


async def read(name: str) -> str | None:
    if name == "SPOILT":
        raise UnreadableSecretError("secret_unreadable", "It was sealed with another key.")
    return SECRETS.get(name)


def called(say: Say, **call: Any) -> tuple[HttpOutcome, Pier]:
    async def main() -> tuple[HttpOutcome, Pier]:
        async with pier(say) as desk:
            egress = reaching("127.0.0.1")
            url = desk.url + call.pop("path", "/")
            outcome = await make_call(
                egress, HttpCall(url=url, idempotency_key="msg-7", **{"method": "GET", **call}), read
            )
            await egress.close()
            return outcome, desk

    return asyncio.run(main())


def test_a_secret_is_put_in_at_the_moment_of_the_call() -> None:
    headers = {"Authorization": SecretText("DESK_TOKEN", "Bearer "), "X-Lane": "2"}
    outcome, desk = called(answers(b'{"seats": 3}'), method="POST", headers=headers, body={"lane": 2})
    heard = desk.heard[0]
    assert outcome == HttpOutcome(status=200, body={"seats": 3})
    assert heard.headers["authorization"] == f"Bearer {TOKEN}"
    assert (heard.headers["idempotency-key"], heard.headers["x-lane"]) == ("msg-7", "2")
    assert (heard.headers["content-type"], heard.body) == ("application/json", b'{"lane":2}')


@pytest.mark.parametrize("name", ["LAMP_TOKEN", "SPOILT"])
def test_without_its_secret_nothing_is_called(name: str) -> None:
    outcome, desk = called(answers(), headers={"Authorization": SecretText(name)})
    assert (outcome.error, outcome.status, desk.heard) == ("secret_missing", None, [])


def test_a_server_that_repeats_what_it_was_sent_tells_no_secret() -> None:
    async def echo(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(str(heard.headers).encode(), 401))

    outcome, _ = called(echo, headers={"Authorization": SecretText("DESK_TOKEN", "Bearer ")})
    assert outcome.status == 401
    assert "Bearer •••" in outcome.body
    assert TOKEN not in outcome.body


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", None),
        (b"[1, 2]", [1, 2]),
        (b"plain words", "plain words"),
        (b'{"a": NaN}', '{"a": NaN}'),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 5000, "[" * 5000),
    ],
)
def test_what_comes_back_is_data_or_else_text(body: bytes, found: Any) -> None:
    assert called(answers(body))[0].body == found


def test_an_answer_that_says_no_is_an_answer() -> None:
    outcome, _ = called(answers(b'{"why": "full"}', 409))
    assert (outcome.status, outcome.body, outcome.succeeded) == (409, {"why": "full"}, False)


def test_where_nobody_may_go_nobody_goes() -> None:
    async def main() -> HttpOutcome:
        return await make_call(reaching(), HttpCall("GET", "http://169.254.169.254/latest/meta-data", "k"), read)

    assert asyncio.run(main()) == HttpOutcome(error="egress_denied")


def test_what_is_no_json_is_not_sent() -> None:
    outcome, desk = called(answers(), method="POST", body={"lane": {1, 2}})
    assert (outcome.error, desk.heard) == ("unsendable", [])
