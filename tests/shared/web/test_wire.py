"""Over a real socket: what is no HTTP, and heads that do not end, are refused as any other problem is."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from shared.web import serve, wire

HEAD = b"GET /docs HTTP/1.1\r\nHost: greenroom.test\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(FastAPI(), port=0, lifespan="off", **serve.HOW))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        assert running.is_alive()
        time.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    running.join()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.3)


@pytest.fixture
def line(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection


def rest(line: socket.socket) -> bytes:
    """Until the server ends the connection."""
    return b"".join(iter(lambda: line.recv(4096), b""))


def told(answer: bytes, status: int) -> dict[str, Any]:
    """The problem that came, and that it came as one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    headers = dict(field.split(": ", 1) for field in head.decode().split("\r\n")[1:])
    problem: dict[str, Any] = json.loads(body)
    assert problem["status"] == status
    assert headers["content-type"] == "application/problem+json"
    assert int(headers["content-length"]) == len(body)
    assert headers["request-id"] == problem["instance"]
    return problem


@pytest.mark.parametrize("said", [b"HELLO THERE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", HEAD + b"Colon\r\n\r\n"])
def test_garbage_is_told_that_it_is_no_http(line: socket.socket, said: bytes) -> None:
    line.sendall(said)
    assert told(rest(line), 400)["code"] == "bad_request"


@pytest.mark.usefixtures("soon")
def test_a_head_that_does_not_end_is_waited_for_no_longer_than_it_may_take(line: socket.socket) -> None:
    line.sendall(HEAD)
    assert told(rest(line), 408)["code"] == "request_timeout"


@pytest.mark.usefixtures("soon")
def test_who_connects_and_says_nothing_is_hung_up_on(line: socket.socket) -> None:
    assert rest(line) == b""


@pytest.mark.usefixtures("soon")
def test_a_connection_that_is_kept_open_may_be_silent_between_two_requests(line: socket.socket) -> None:
    for _ in range(2):
        line.sendall(HEAD + b"\r\n")
        answer = b""
        while b"</html>" not in answer:
            answer += line.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200 ")
        time.sleep(0.6)
    line.sendall(HEAD)
    assert told(rest(line), 408)["code"] == "request_timeout"


@pytest.mark.usefixtures("soon")
def test_a_body_may_take_longer_than_a_head(line: socket.socket) -> None:
    line.sendall(b"POST /docs HTTP/1.1\r\nHost: greenroom.test\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{")
    time.sleep(0.6)
    line.sendall(b"}")
    assert rest(line).startswith(b"HTTP/1.1 405 ")


def test_a_head_that_grows_for_ever_is_not_kept(line: socket.socket) -> None:
    """As much as is sent at once may arrive before it is refused, so it is sent bit by bit."""
    line.sendall(HEAD + b"Song: ")
    with pytest.raises(OSError):
        for _ in range(2_000):
            line.sendall(b"la" * 5_000)


@pytest.mark.usefixtures("soon")
def test_an_empty_line_after_an_answer_keeps_no_connection_open(line: socket.socket) -> None:
    line.sendall(HEAD + b"\r\n")
    answer = b""
    while b"</html>" not in answer:
        answer += line.recv(65536)
    line.sendall(b"\r\n")
    assert rest(line) == b""


def test_the_end_of_a_large_body_is_no_part_of_the_head_that_comes_with_it(line: socket.socket) -> None:
    """In one breath, as clients send that do not wait for answers."""
    head = b"POST /docs HTTP/1.1\r\nHost: greenroom.test\r\nContent-Length: 200000\r\n\r\n"
    line.sendall(head + b"x" * 200_000 + HEAD + b"Connection: close\r\n\r\n")
    answers = rest(line)
    assert answers.startswith(b"HTTP/1.1 405 ")
    assert b"HTTP/1.1 200 OK" in answers
