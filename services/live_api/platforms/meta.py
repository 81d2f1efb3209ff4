"""What Messenger and WhatsApp have in common: Meta's webhooks and its Graph API.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started: a GET proves us to Meta with the verify token;
a POST is signed with the app's secret over the bytes as they were sent.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Protocol

from pydantic import Field, SecretStr

from services.live_api.channel import Answer, Outcome, Outgoing, RawRequest, Rejected, Retry, Url, Verdict
from services.live_api.platforms.outcomes import document, outcome_of, rejected
from services.live_api.platforms.proof import hmac_hex, same, secret_bytes
from services.live_api.platforms.reading import objects

PLATFORM = "https://graph.facebook.com"
VERSION = "v25.0"
GraphVersion = Annotated[str, Field(pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$")]
NodeId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]

_SIGNATURE = b"x-hub-signature-256"
_LONGEST_CHALLENGE = 1024
# Graph API errors that pass: unknown, service, too many calls (app, user, page, business, pair), temporarily blocked.
_PASSING = frozenset({1, 2, 4, 17, 32, 341, 368, 613, 80007, 130429, 131048, 131056, 131016, 133016})


class MetaSecrets(Protocol):
    @property
    def app_secret(self) -> SecretStr: ...
    @property
    def verify_token(self) -> SecretStr: ...


class MetaConfig(Protocol):
    @property
    def api_base(self) -> Url: ...
    @property
    def graph_version(self) -> str: ...


def verify(request: RawRequest, secrets: MetaSecrets, now: float) -> Verdict:  # noqa: ARG001
    """SHA-256 alone: the older `X-Hub-Signature` is SHA-1 and proves nothing here."""
    expected = b"sha256=" + hmac_hex(secrets.app_secret, request.body)
    return Verdict.GENUINE if same(request.header(_SIGNATURE), expected) else Verdict.FORGED


def handshake(request: RawRequest, secrets: MetaSecrets) -> Answer | None:
    if request.method != "GET" or request.parameter("hub.mode") != "subscribe":
        return None
    shown, wanted = request.parameter("hub.verify_token"), request.parameter("hub.challenge")
    known = shown is not None and same(shown.encode("utf-8", "replace"), secret_bytes(secrets.verify_token))
    if not known or wanted is None or len(wanted) > _LONGEST_CHALLENGE:
        return None
    return Answer(wanted.encode("utf-8", "replace"), headers={"X-Content-Type-Options": "nosniff"})


def acknowledge(request: RawRequest) -> Answer:  # noqa: ARG001
    return Answer(b"EVENT_RECEIVED")


def entries(update: Any, key: str) -> Iterator[dict[str, Any]]:
    """Every object of the lists `key` of every entry: Meta sends batches."""
    return (item for entry in objects(update, "entry") for item in objects(entry, key))


def call(config: MetaConfig, node: str, values: Mapping[str, Any]) -> Outgoing:
    url = f"{config.api_base.rstrip('/')}/{config.graph_version}/{node}/messages"
    return Outgoing("POST", url, {"content-type": "application/json"}, values)


def with_token(outgoing: Outgoing, token: SecretStr) -> Outgoing:
    headers = {**outgoing.headers, "authorization": f"Bearer {token.get_secret_value()}"}
    return Outgoing(outgoing.method, outgoing.url, headers, outgoing.json)


def read_outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Meta says 400 also for what passes; its own code tells."""
    error = document(body).get("error")
    if not isinstance(error, dict):
        return outcome_of(status, headers)
    found = outcome_of(status, headers, str(error.get("message", "")))
    passing = error.get("code") in _PASSING or error.get("is_transient") is True
    if isinstance(found, Rejected):
        return Retry() if passing else rejected(status, f"({error.get('code')}) {error.get('message')}")
    return found
