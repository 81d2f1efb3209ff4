"""What users point somewhere goes where it may and nowhere else, and what comes back is bounded (SSRF)."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.egress import Answer, Egress, EgressError, Request
from tests.shared import targets
from tests.shared.harbour import SMALL, Heard, answers, pier, plain, reaching, sends_on, telling

SECRETS = {"Authorization": "Bearer of-the-desk", "Cookie": "a=b", "X-Api-Key": "of-the-desk", "Accept": "text/plain"}


@pytest.fixture(autouse=True, params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services run on uvloop where there is one."""
    monkeypatch.setattr(f"{__name__}.new_loop", request.param)


new_loop = asyncio.new_event_loop


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(main, 60))


async def refusal(egress: Egress, url: str, **more: Any) -> str:
    """The code with which it is refused."""
    with pytest.raises(EgressError) as refused:
        await egress.send(Request("GET", url, **more))
    return refused.value.code


# -- where it goes: a sink that listens everywhere sees nobody ---------------------


def test_no_target_inside_sees_a_connection_as_a_url_or_as_a_redirect() -> None:
    async def main() -> None:
        async with pier(answers(), "0.0.0.0") as sink, pier(answers(), "::", sink.port) as sink6:
            wanted = targets.urls(sink.port)
            async with pier(sends_on(lambda heard: wanted[int(heard.target[1:])])) as gate:
                egress = reaching(f"127.0.0.1:{gate.port}", ports=(sink.port,))
                for url in wanted:
                    assert await refusal(egress, url) == "egress_denied", url
                followed = [n for n, url in enumerate(wanted) if url.isprintable() and "://" in url and url.isascii()]
                for number in followed:
                    assert await refusal(egress, f"{gate.url}/{number}") == "egress_denied", wanted[number]
                assert len(followed) >= 120
                assert gate.connections == len(followed)
                await egress.close()
            assert (sink.connections, sink6.connections) == (0, 0)

    run(main())


def test_no_address_inside_sees_a_connection_as_an_answer_to_a_name() -> None:
    async def main() -> None:
        async with pier(answers(), "0.0.0.0") as sink, pier(answers(), "::", sink.port) as sink6:
            inside = targets.addresses()
            names = {f"pier{n}.example": [[text]] for n, text in enumerate(inside)}
            # One good answer does not make up for a bad one, wherever it stands.
            names |= {f"mixed{n}.example": [["93.184.216.34", text]] for n, text in enumerate(inside)}
            egress = reaching(ports=(sink.port,), resolve=telling(names))
            for name in names:
                assert await refusal(egress, f"http://{name}:{sink.port}/") == "egress_denied", name
            await egress.close()
            assert (sink.connections, sink6.connections) == (0, 0)

    run(main())


def test_a_name_that_changes_its_mind_is_asked_once_and_judged_each_time() -> None:
    async def main() -> None:
        async with pier(answers()) as good, pier(answers(), "127.0.0.2", good.port) as sink:
            inside = [text for text in targets.addresses() if text != "127.0.0.1"]
            names = {f"pier{n}.example": [["127.0.0.1"], [text]] for n, text in enumerate((*inside, "127.0.0.2"))}
            egress = reaching(f"127.0.0.1:{good.port}", ports=(good.port,), resolve=telling(names))
            for name in names:
                url = f"http://{name}:{good.port}/"
                assert (await egress.send(Request("GET", url))).body == b"aye"
                assert await refusal(egress, url) == "egress_denied", name
            await egress.close()
            assert (good.connections, sink.connections) == (len(names), 0)
            assert len(names) >= 120

    run(main())


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with pier(answers()) as sink, pier(answers(b"direct")) as desk:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
                monkeypatch.setenv(name, sink.url)
            egress = reaching(f"127.0.0.1:{desk.port}")
            assert (await egress.send(Request("GET", desk.url))).body == b"direct"
            await egress.close()
            assert sink.connections == 0

    run(main())


# -- what goes along ---------------------------------------------------------------


def test_a_request_arrives_as_it_was_meant() -> None:
    async def main() -> None:
        async with pier(answers(b'{"ok":true}', 201, X_Desk="7")) as desk:
            egress = reaching("desk.internal", resolve=telling({"desk.internal": [["127.0.0.1"]]}))
            url = f"http://desk.internal:{desk.port}/orders/grüße?q=1"
            headers = {**SECRETS, "Host": "elsewhere.example", "Transfer-Encoding": "chunked"}
            answer = await egress.send(Request("POST", url, headers, b'{"n":1}'))
            await egress.close()
            assert (answer.status, answer.headers["x-desk"], answer.body) == (201, "7", b'{"ok":true}')
            heard = desk.heard[0]
            assert (heard.method, heard.target, heard.body) == ("POST", "/orders/gr%C3%BC%C3%9Fe?q=1", b'{"n":1}')
            assert heard.headers["host"] == f"desk.internal:{desk.port}"
            assert heard.headers["authorization"] == SECRETS["Authorization"]
            assert "transfer-encoding" not in heard.headers

    run(main())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_stay_with_the_host_that_they_were_given_for(status: int) -> None:
    async def main() -> None:
        async with pier(answers()) as other, pier(sends_on(lambda _: f"{other.url}/there", status)) as desk:
            egress = reaching("127.0.0.1")
            answer = await egress.send(Request("GET", f"{desk.url}/here", SECRETS))
            await egress.close()
            assert answer.url == f"{other.url}/there"
            sent = other.heard[0].headers
            assert "of-the-desk" not in str(sent)
            assert "cookie" not in sent
            assert sent["accept"] == "text/plain"

    run(main())


def test_on_the_same_host_they_go_along_and_a_form_becomes_a_question() -> None:
    async def say(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(b"done") if heard.target == "/done" else plain(b"", 303, Location="/done"))

    async def main() -> None:
        async with pier(say) as desk:
            egress = reaching("127.0.0.1")
            await egress.send(Request("POST", f"{desk.url}/orders", {**SECRETS, "Content-Type": "text/plain"}, b"two"))
            await egress.close()
            again = desk.heard[1]
            assert (again.method, again.body, again.headers["x-api-key"]) == ("GET", b"", "of-the-desk")
            assert "content-type" not in again.headers

    run(main())


def test_content_is_never_carried_to_another_host() -> None:
    async def main() -> None:
        async with pier(answers()) as other, pier(sends_on(lambda _: other.url, 307)) as desk:
            egress = reaching("127.0.0.1")
            with pytest.raises(EgressError) as refused:
                await egress.send(Request("POST", desk.url, SECRETS, b"card number"))
            await egress.close()
            assert (refused.value.code, other.connections) == ("egress_denied", 0)

    run(main())


def test_cookies_that_are_set_are_not_kept() -> None:
    async def main() -> None:
        async with pier(answers(b"", Set_Cookie="session=1; Path=/")) as desk:
            egress = reaching("127.0.0.1")
            for _ in range(2):
                await egress.send(Request("GET", desk.url))
            await egress.close()
            assert "cookie" not in desk.heard[1].headers

    run(main())


def test_a_ring_of_redirects_ends_after_three() -> None:
    async def main() -> None:
        async with pier(sends_on(lambda _: "/again")) as desk:
            egress = reaching("127.0.0.1")
            assert await refusal(egress, desk.url) == "too_many_redirects"
            assert desk.connections == 4
            told = await egress.send(Request("GET", desk.url, redirects=0))
            await egress.close()
            assert (told.status, told.headers["location"]) == (302, "/again")

    run(main())


@pytest.mark.parametrize(
    "headers", [{"X-Order": "a\r\nX-Other: b"}, {"X-Order": "\x00"}, {"Bad Name": "x"}, {"É": "x"}]
)
def test_what_would_break_the_request_is_not_sent(headers: dict[str, str]) -> None:
    async def main() -> None:
        async with pier(answers()) as desk:
            egress = reaching("127.0.0.1")
            assert await refusal(egress, desk.url, headers=headers) == "unsendable"
            await egress.close()
            assert desk.heard == []

    run(main())


# -- what comes back ---------------------------------------------------------------


def test_ten_gigabytes_are_not_read() -> None:
    sent = 0

    async def say(_heard: Heard, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while sent < 50_000_000:
            writer.write(b"x" * 10_000)
            await writer.drain()
            sent += 10_000

    async def main() -> None:
        async with pier(say) as desk:
            egress = reaching("127.0.0.1", bounds=SMALL)
            assert await refusal(egress, desk.url) == "answer_too_large"
            await egress.close()
        assert sent < 50_000_000

    run(main())


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_not_inflated(encoding: str) -> None:
    bomb = gzip.compress(b"0" * 5_000_000, mtime=0) if encoding == "gzip" else zlib.compress(b"0" * 5_000_000)

    async def main() -> None:
        async with pier(answers(bomb, Content_Encoding=encoding)) as desk:
            egress = reaching("127.0.0.1", bounds=SMALL)
            assert len(bomb) < SMALL.answer_bytes
            assert await refusal(egress, desk.url) == "answer_too_large"
            await egress.close()

    run(main())


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (gzip.compress(b"aye", mtime=0), "gzip", b"aye"),
        (b"not gzip", "gzip", "answer_unreadable"),
        (b"x", "br", "answer_unreadable"),
    ],
)
def test_what_is_compressed_is_opened_or_refused(body: bytes, encoding: str, expected: bytes | str) -> None:
    async def main() -> None:
        async with pier(answers(body, Content_Encoding=encoding)) as desk:
            egress = reaching("127.0.0.1")
            try:
                found: bytes | str = (await egress.send(Request("GET", desk.url))).body
            except EgressError as error:
                found = error.code
            await egress.close()
            assert found == expected

    run(main())


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"])
def test_a_slow_drip_is_cut_off(head: bytes) -> None:
    drip = head + b"x" * 200

    async def say(_heard: Heard, writer: asyncio.StreamWriter) -> None:
        for place in range(len(drip)):
            writer.write(drip[place : place + 1])
            await writer.drain()
            await asyncio.sleep(0.02)

    async def main() -> None:
        async with pier(say) as desk:
            egress = reaching("127.0.0.1")
            assert await refusal(egress, desk.url, timeout=0.3) == "timeout"
            await egress.close()

    run(main())


def test_a_name_service_that_hangs_is_cut_off_and_one_that_knows_nothing_is_told() -> None:
    async def hangs(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async def unknown(host: str, _port: int) -> list[str]:
        raise OSError(f"{host} is not known")

    async def main() -> None:
        assert await refusal(reaching(resolve=hangs), "http://pier.example/", timeout=0.1) == "timeout"
        assert await refusal(reaching(resolve=unknown), "http://pier.example/") == "unreachable"
        assert await refusal(reaching(resolve=telling({"pier.example": [[]]})), "http://pier.example/") == "unreachable"
        assert (
            await refusal(reaching(resolve=telling({"pier.example": [["?"]]})), "http://pier.example/")
            == "egress_denied"
        )

    run(main())


@pytest.mark.parametrize("nonsense", [b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\x00\xff" * 100, b"HTTP/1.1 twohundred\r\n\r\n"])
def test_what_is_no_http_is_told(nonsense: bytes) -> None:
    async def say(_heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(nonsense)

    async def main() -> None:
        async with pier(say) as desk:
            egress = reaching("127.0.0.1")
            assert await refusal(egress, desk.url) == "answer_unreadable"
            await egress.close()

    run(main())


def test_a_host_that_hangs_keeps_no_other_waiting() -> None:
    released = asyncio.Event()

    async def hangs(_heard: Heard, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.write(plain(b"late"))

    async def main() -> None:
        async with pier(hangs) as stuck, pier(answers(), "127.0.0.2") as quick:
            egress = reaching("127.0.0.1", "127.0.0.2", bounds=type(SMALL)(per_host=2))
            waiting = [asyncio.create_task(egress.send(Request("GET", stuck.url))) for _ in range(2)]
            while stuck.connections < 2:
                await asyncio.sleep(0.005)
            assert await refusal(egress, stuck.url) == "egress_busy"
            assert (await egress.send(Request("GET", f"http://127.0.0.2:{quick.port}"))).body == b"aye"
            released.set()
            found: list[Answer] = list(await asyncio.gather(*waiting))
            assert [answer.body for answer in found] == [b"late", b"late"]
            await egress.close()

    run(main())


# -- who answers: the certificate is that of the name, not of the address ------------


def test_over_tls_the_name_is_asked_for_and_proven(tmp_path: Path) -> None:
    certificate_of("desk.internal", tmp_path)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=tmp_path / "cert.pem")
    server.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(name)

    async def main() -> None:
        async with pier(answers(), tls=server) as desk:
            here = telling({"desk.internal": [["127.0.0.1"]], "lamp.internal": [["127.0.0.1"]]})
            egress = reaching(f"127.0.0.1:{desk.port}", resolve=here, tls=client)
            answer = await egress.send(Request("GET", f"https://desk.internal:{desk.port}/"))
            assert (answer.body, asked) == (b"aye", ["desk.internal"])
            assert await refusal(egress, f"https://lamp.internal:{desk.port}/") == "unreachable"
            assert await refusal(egress, f"https://127.0.0.1:{desk.port}/") == "unreachable"
            await egress.close()
            assert len(desk.heard) == 1

    run(main())


def certificate_of(name: str, folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
