"""Where URLs that users make may lead. Pure: what a URL says, and what an address is (SSRF).

A URL is taken apart by rules of our own, stricter than any client's: what two parsers could read differently is
refused. Addresses are judged by a list of our own: `ipaddress.is_global` takes `64:ff9b::7f00:1` and
`2002:7f00:1::`, which lead to 127.0.0.1, for public ones.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote

import idna

from shared.errors import InvalidError, MisconfiguredError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = {"http": 80, "https": 443}
LONGEST_URL = 8_000
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(#.*)?", re.DOTALL)
_BRACKETED = re.compile(r"\[(?P<host>[0-9A-Fa-f:.]+)\](:(?P<port>[0-9]{1,5}))?")
_NAMED = re.compile(r"(?P<host>[^:\[\]]+)(:(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE = "/:?&=%~!$'()*+,;@[]-._{}|"

# IANA's special-purpose registries for IPv4, multicast, what is reserved, and a cloud's own agent (168.63.129.16).
# Of IPv6 only 2000::/3 is out in the world, without what carries IPv4 inside (Teredo, 6to4) or is for documents.
_INWARD: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4",
        "::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
_LOOPBACK = IPv4Address("127.0.0.1")


class ForbiddenUrlError(InvalidError):
    """Always `url_forbidden`."""

    def __init__(self, reason: str) -> None:
        super().__init__("url_forbidden", f"This URL may not be called: {reason}.")


@dataclass(frozen=True)
class Destination:
    """`host` is an address or a name in lower case and ASCII; `target` is path and query, ready to be sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def address(self) -> Address | None:
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """As the header Host says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


@dataclass(frozen=True)
class Place:
    """An entry of a list: a network or a name, with one port or any."""

    network: Network | None
    name: str | None
    port: int | None

    def has(self, address: Address, port: int) -> bool:
        return self.network is not None and address in self.network and self.port in (None, port)


@dataclass(frozen=True)
class Rules:
    """`allowed` may be reached although private, and on other than the usual `ports`; `denied` may not although

    public, and wins. A denied name stands for those below it too.
    """

    allowed: tuple[Place, ...] = ()
    denied: tuple[Place, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})

    def check(self, destination: Destination) -> None:
        """What can be said before a name is resolved. Raises ForbiddenUrlError."""
        host, port = destination.host, destination.port
        if any(place.name and _below(host, place.name) and place.port in (None, port) for place in self.denied):
            raise ForbiddenUrlError(f"{host} is on the list of what is denied here")
        address = _LOOPBACK if _below(host, "localhost") else destination.address
        if address is not None:
            self.check_address(address, destination)
        elif port not in self.ports and not any(place.port in (None, port) for place in self.allowed):
            raise ForbiddenUrlError(f"port {port} is not one of those that may be called")

    def check_address(self, address: Address, destination: Destination) -> None:
        """One answer to the name of a destination. Raises ForbiddenUrlError."""
        if any(place.has(address, destination.port) for place in self.denied):
            raise ForbiddenUrlError(f"{address} is on the list of what is denied here")
        if self._trusted(address, destination):
            return
        if getattr(address, "scope_id", None) or any(address in network for network in _INWARD):
            raise ForbiddenUrlError(f"{destination.host} is an address of this machine, of its network, or of none")
        if destination.port not in self.ports:
            raise ForbiddenUrlError(f"port {destination.port} is not one of those that may be called")

    def _trusted(self, address: Address, destination: Destination) -> bool:
        return any(
            place.has(address, destination.port)
            or (place.name == destination.host and place.port in (None, destination.port))
            for place in self.allowed
        )


def parse_url(url: str) -> Destination:
    """Raises ForbiddenUrlError for whatever is no plain http or https URL."""
    if len(url) > LONGEST_URL:
        raise ForbiddenUrlError(f"it is longer than {LONGEST_URL} characters")
    if any(unicodedata.category(sign)[0] in "CZ" or sign == "\\" for sign in url):
        raise ForbiddenUrlError("it has a space, a backslash or a sign that cannot be seen")
    found = _URL.fullmatch(url)
    if found is None or found["scheme"].lower() not in PORTS:
        raise ForbiddenUrlError("it does not begin with http:// or https://")
    scheme = found["scheme"].lower()
    host, port = _host_and_port(found["authority"])
    target = quote(found["target"], safe=_SAFE)
    if not target.startswith("/"):
        target = f"/{target}"
    return Destination(scheme, host, PORTS[scheme] if port is None else port, target)


def check_template(url: str, rules: Rules) -> None:
    """A URL with `{{ }}` in it, as far as it is plain. Raises ForbiddenUrlError; what is filled in is judged later."""
    found = _URL.match(url)
    if url.startswith("{{"):
        return
    if found is None or "{{" not in found["authority"]:
        rules.check(parse_url(re.sub(r"\{\{.*?\}\}", "x", url)))
    elif found["scheme"].lower() not in PORTS:
        raise ForbiddenUrlError("it does not begin with http:// or https://")


def rules_of(allow: str, deny: str) -> Rules:
    """Each lists addresses, networks and names, perhaps with a port: `10.1.2.3:8080, desk.internal`.

    Raises MisconfiguredError.
    """
    return Rules(tuple(_places("GREENROOM_EGRESS_ALLOW", allow)), tuple(_places("GREENROOM_EGRESS_DENY", deny)))


def _places(variable: str, text: str) -> Iterable[Place]:
    for word in text.replace(",", " ").split():
        try:
            yield _place(word)
        except (ValueError, InvalidError):
            form = "such as 10.1.2.3:8080, 10.0.0.0/8 or desk.internal"
            raise MisconfiguredError(f"{variable}: {word!r} is no address, network or name, {form}.") from None


def _place(word: str) -> Place:
    """A whole URL is taken for its host and port."""
    bare = re.sub(r"^https?://", "", word).rstrip("/")
    try:
        return Place(ip_network(bare, strict=False), None, None)
    except ValueError:
        pass
    network, _, port = bare.rpartition(":")
    if "/" in network:
        return Place(ip_network(network.strip("[]"), strict=False), None, int(port))
    host, number = _host_and_port(bare)
    try:
        return Place(ip_network(host), None, number)
    except ValueError:
        return Place(None, host, number)


def _host_and_port(authority: str) -> tuple[str, int | None]:
    found = _BRACKETED.fullmatch(authority)
    host = _v6(found["host"]) if found else ""
    if found is None:
        found = _NAMED.fullmatch(authority)
        if found is None or "@" in authority:
            raise ForbiddenUrlError("it names no host, or more than a host and a port")
        host = _named(found["host"])
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65_536:
        raise ForbiddenUrlError(f"there is no port {port}")
    return host, port


def _v6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise ForbiddenUrlError("its host is no address") from None


def _named(text: str) -> str:
    """A name, or an IPv4 address in its plain form alone: others are read as 127.0.0.1 by some and not by others."""
    host = unicodedata.normalize("NFKC", text).lower()
    try:
        name = (host if host.isascii() else idna.encode(host, uts46=True).decode()).removesuffix(".")
    except UnicodeError:
        raise ForbiddenUrlError("its host is no name") from None
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise ForbiddenUrlError("its host is no name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise ForbiddenUrlError("its host is a number that is no plain address") from None
    return name


def _below(name: str, above: str) -> bool:
    return name == above or name.endswith(f".{above}")
