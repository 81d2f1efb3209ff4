"""The one way out to URLs that users make: actions, webhooks, media, and what channels send.

A name is resolved once and every answer judged; the connection goes to an address that was judged, while TLS and the
header Host keep the name. Redirects are judged like the first URL. There are no proxies, no cookies, no retries.
"""

import asyncio
import re
import ssl
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urljoin

import httpcore

from shared.connections import Connections
from shared.destinations import Destination, ForbiddenUrlError, Rules, parse_url
from shared.pinning import PinnedNetwork, Resolve, system_resolve

_CONNECT_SECONDS = 5.0
_ANY_ZLIB = 47
_ABSOLUTE = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")
_REDIRECTS = {301, 302, 303, 307, 308}
# What goes along when a redirect leads elsewhere: nothing that the caller said in confidence.
_HARMLESS = {"accept", "accept-language", "user-agent"}
# What the connection says for itself.
_OURS = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "keep-alive",
}
_OF_CONTENT = {"content-type", "content-encoding", "content-language"}


class EgressError(Exception):
    """There is no answer. `code` is `egress_denied`, `egress_busy`, `timeout`, `unreachable`, `too_many_redirects`,

    `answer_too_large`, `answer_unreadable` or `unsendable`; the message holds no secret.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Request:
    """`timeout` is in seconds, over all of it; `redirects` is how many are followed."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    timeout: float = 10.0
    redirects: int = 3


@dataclass(frozen=True)
class Answer:
    """Header names are in lower case; `body` is decoded from gzip; `url` is where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True)
class Bounds:
    """How much one answer may have, in bytes, and how many requests may be under way, in all and to one host."""

    answer_bytes: int = 1 << 20
    connections: int = 256
    per_host: int = 64


class Egress:
    """One for each process; used from one event loop."""

    def __init__(
        self,
        rules: Rules,
        bounds: Bounds | None = None,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.rules = rules
        self._bounds = bounds or Bounds()
        self._resolve, self._tls = resolve, tls
        self._under_way: Counter[str] = Counter()

    async def send(self, request: Request) -> Answer:
        """Raises EgressError; nothing that the other side does raises anything else."""
        try:
            async with asyncio.timeout(request.timeout):
                return await self._follow(request)
        except ForbiddenUrlError as forbidden:
            raise EgressError("egress_denied", forbidden.detail) from None
        except (TimeoutError, httpcore.TimeoutException):
            raise EgressError("timeout", f"No whole answer in {request.timeout:g} seconds.") from None
        except (httpcore.NetworkError, OSError) as error:
            raise EgressError("unreachable", f"It cannot be reached: {_named(error)}.") from None
        except httpcore.RemoteProtocolError:
            raise EgressError("answer_unreadable", "What came back is not HTTP.") from None
        except (httpcore.LocalProtocolError, UnicodeEncodeError):
            raise EgressError("unsendable", "The request has a header or method that HTTP does not.") from None

    async def close(self) -> None:
        if "_connections" in self.__dict__:
            await self._connections.aclose()

    @cached_property
    def _connections(self) -> Connections:
        return Connections(
            network=PinnedNetwork(self.rules, self._resolve),
            tls=self._tls or httpcore.default_ssl_context(),
            most=self._bounds.connections,
            most_idle=self._bounds.connections // 4,
        )

    async def _follow(self, request: Request) -> Answer:
        for _ in range(request.redirects + 1):
            here = parse_url(request.url)
            self.rules.check(here)
            with self._counted(here.host):
                answer = await self._once(request, here)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None or not request.redirects:
                return answer
            request = redirected(request, here, answer.status, location)
        raise EgressError("too_many_redirects", "It was sent on from one place to the next, and then again.")

    async def _once(self, request: Request, here: Destination) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        said = {"Host": here.authority, "Accept-Encoding": "identity", "User-Agent": "Greenroom", **headers}
        url = httpcore.URL(
            scheme=here.scheme.encode(), host=here.host.encode(), port=here.port, target=here.target.encode()
        )
        async with (
            self._connections.to(url.origin) as connection,
            connection.stream(
                request.method.encode("ascii"),
                url,
                headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in said.items()],
                content=request.body,
                extensions={"timeout": {"connect": min(_CONNECT_SECONDS, request.timeout)}},
            ) as response,
        ):
            got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            body = bytearray()
            decode = _decoder(got.get("content-encoding", "identity"), self._bounds.answer_bytes)
            async for chunk in response.aiter_stream():
                body += decode(chunk)
            return Answer(response.status, got, bytes(body), here.url)

    @contextmanager
    def _counted(self, host: str) -> Iterator[None]:
        if self._under_way[host] >= self._bounds.per_host:
            raise EgressError("egress_busy", f"{self._bounds.per_host} requests to {host} are under way already.")
        self._under_way[host] += 1
        try:
            yield
        finally:
            self._under_way[host] -= 1
            if not self._under_way[host]:
                del self._under_way[host]


def redirected(request: Request, here: Destination, status: int, location: str) -> Request:
    """The request that a redirect asks for. Raises ForbiddenUrlError, or EgressError when it would carry content away.

    Elsewhere only harmless headers go along; who answers there is not whom the caller has trusted.
    """
    there = _there(here, location)
    headers, body, method = dict(request.headers), request.body, request.method
    if status == 303 or (status in {301, 302} and method == "POST"):
        method, body = "HEAD" if method == "HEAD" else "GET", None
        headers = {name: value for name, value in headers.items() if name.lower() not in _OF_CONTENT}
    if there.origin != here.origin:
        if body is not None:
            raise EgressError("egress_denied", "It was sent elsewhere, with its content: give the new URL instead.")
        headers = {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
    return replace(request, url=there.url, headers=headers, body=body, method=method)


def _there(here: Destination, location: str) -> Destination:
    """A whole URL is judged as it stands: `urljoin` would first leave out what must not be in it."""
    if _ABSOLUTE.match(location):
        return parse_url(location)
    if location.startswith("//"):
        return parse_url(f"{here.scheme}:{location}")
    parse_url(f"{here.scheme}://{here.authority}/{location}")
    return parse_url(urljoin(here.url, location))


def _decoder(encoding: str, most: int) -> Callable[[bytes], bytes]:
    """Decodes chunk by chunk, and never more than `most` bytes in all: neither of what comes nor of what it becomes."""
    inflate = zlib.decompressobj(_ANY_ZLIB) if encoding in {"gzip", "x-gzip", "deflate"} else None
    seen = got = 0

    def decode(chunk: bytes) -> bytes:
        nonlocal seen, got
        if inflate is None and encoding not in {"identity", ""}:
            raise EgressError("answer_unreadable", f"It came as {encoding[:20]}, which was not asked for.")
        try:
            piece = inflate.decompress(chunk, most - got + 1) if inflate else chunk
        except zlib.error:
            raise EgressError("answer_unreadable", "It is not compressed as it says.") from None
        seen, got = seen + len(chunk), got + len(piece)
        if max(seen, got) > most:
            raise EgressError("answer_too_large", f"It has more than {most} bytes.")
        return piece

    return decode


def _named(error: BaseException) -> str:
    return str(error) or type(error).__name__
