"""A refusal reaches a client that is still sending, over a real socket and with a plain client."""

import http.client
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from shared.web.lingering import Lingering


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers before it has read anything."""
    await PlainTextResponse("too large", 413, {"Connection": "close"})(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(Lingering(refuse), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("megabytes", [1, 3, 30])
def test_a_client_that_sends_too_much_reads_why(port: int, megabytes: int) -> None:
    for _ in range(5):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/", body=b"x" * (megabytes << 20))
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (413, b"too large")
        connection.close()


def test_a_client_that_sends_in_chunks_reads_why(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/", body=(b"x" * (1 << 16) for _ in range(100)), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
