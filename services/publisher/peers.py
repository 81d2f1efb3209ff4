"""Every call to the neighbours, typed. Nothing else in the project knows both of their addresses."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx
import orjson

from services.publisher import reading
from services.publisher.answers import Activation, EnvironmentNames, ListedBots, LogEntry
from services.publisher.lately import Lately
from services.publisher.peer import NOT_MODIFIED, Peer
from shared.cases import Case, CaseResult
from shared.contracts import ActiveRelease, BotIdentity, Proof, Release, Snapshot, UserMessage
from shared.errors import ConflictError, InvalidError, NotFoundError

_PAGE = 200
# For what can be had elsewhere, or done without, when draft hangs.
_SOON_SECONDS = 2.0
# Draft rewrites a whole bot.
_REWRITING_SECONDS = 60.0


class Draft:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._read: Lately[tuple[str, Snapshot]] = Lately(4)
        self._accuracies: Lately[tuple[float | None]] = Lately(1000)
        self._proofs: Lately[Proof] = Lately(100)

    def snapshot(self, bot: str, patient: bool = False) -> Snapshot:
        """Sent and read anew only if draft has changed since the last time."""
        known = self._read.get(bot)
        headers = {"If-None-Match": known[0]} if known else {}

        def read(response: httpx.Response) -> Snapshot:
            if known and response.status_code == NOT_MODIFIED:
                return known[1]
            fresh = Snapshot.model_validate_json(response.content)
            return self._read.keep(bot, (response.headers["ETag"], fresh))[1]

        return self._peer.ask(read, "GET", "bots", bot, "snapshots", "current", patient=patient, headers=headers)

    def bots(self, limit: int, cursor: str | None) -> ListedBots:
        return _bots(self._peer, limit, cursor)

    def bot(self, bot: str) -> BotIdentity:
        return self._peer.ask(reading.bot, "GET", "bots", bot, patient=False, timeout=_SOON_SECONDS)

    def blob(self, digest: str) -> bytes:
        return self._peer.call("GET", "blobs", digest).content

    def proof(self, bot: str, model: str, again: bool = True) -> Proof:
        """A digest names what was learnt: where draft is not to be asked `again`, what it said before holds."""
        said = None if again else self._proofs.get(model)
        return said or self._proofs.keep(
            model, self._peer.ask(reading.proof, "GET", "bots", bot, "models", model, "proof")
        )

    def provenance(self, bot: str, model: str, patient: bool = False) -> dict[str, Any]:
        return self._peer.ask(reading.provenance, "GET", "bots", bot, "models", model, patient=patient)

    def accuracy(self, bot: str, model: str, patient: bool = True) -> float | None:
        """By cross-validation, which is asked once: a digest names what was learnt. None where it is not known."""
        known = self._accuracies.get(model)
        if known:
            return known[0]
        try:
            found = self._peer.ask(
                reading.provenance, "GET", "bots", bot, "models", model, patient=patient, **_soon(patient)
            )
        except NotFoundError:
            return None
        return self._accuracies.keep(model, (found["accuracy"],))[0]

    def cases(self, bot: str, patient: bool = True) -> dict[str, Case]:
        """Regression cases by their names; without patience, a draft that hangs counts as one that is away."""
        found: dict[str, Case] = {}
        cursor: dict[str, str] = {}
        while True:
            asked = {"params": {"limit": _PAGE, **cursor}, "patient": patient, **_soon(patient)}
            cases, more = self._peer.ask(reading.cases, "GET", "bots", bot, "cases", **asked)
            found |= cases
            if more is None:
                return found
            cursor = {"cursor": more}

    def train(self, bot: str, languages: Sequence[str], key: str) -> str:
        body = {"languages": list(languages)}
        headers = {"Idempotency-Key": key}
        return self._peer.ask(reading.named, "POST", "bots", bot, "trainings", json=body, headers=headers)

    def training(self, training: str) -> dict[str, Any]:
        return self._peer.ask(reading.training, "GET", "trainings", training)

    def cancel_training(self, training: str) -> None:
        self._peer.call("POST", "trainings", training, "cancel")

    def expressions(
        self, bot: str, models: dict[str, str], to: dict[str, str] | None, languages: Sequence[str] | None
    ) -> dict[str, Any]:
        """What was added to and removed from each intent: between these models and draft in these languages (all), or

        the models `to`.
        """
        body = {"models": models, "to": to, "languages": languages}
        return self._peer.ask(reading.document, "POST", "bots", bot, "nlp", "compare", patient=False, json=body)

    def restore(self, bot: str, release: Release, reason: str) -> str:
        """Draft becomes the release; the id of the snapshot that was taken before."""
        body = {"release": release.model_dump(mode="json"), "reason": reason}
        return self._rewritten(bot, "restorations", json=body)

    def pull(self, bot: str, seen: str, flows: dict[str, Any], settings: dict[str, Any], reason: str) -> str:
        """Writes merged flows and settings if draft still is as `seen` names it. Raises PreconditionError."""
        body = {"flows": flows, "settings": settings, "reason": reason}
        return self._rewritten(bot, "pulls", json=body, headers={"If-Match": f'"{seen}"'})

    def _rewritten(self, bot: str, how: str, **request: Any) -> str:
        """The id of the snapshot that was taken before."""
        more = {"patient": False, "timeout": _REWRITING_SECONDS, **request}
        return self._peer.ask(reading.snapshot_named, "POST", "bots", bot, how, **more)

    def personal(self, bot: str, user: str, conversations: Sequence[str]) -> dict[str, Any]:
        """What the inbox holds of a person of live; nothing of a bot that draft no longer has."""
        body = {"user": user, "conversations": list(conversations)}
        try:
            return self._peer.ask(reading.document, "POST", "bots", bot, "exports", json=body)
        except NotFoundError:
            return {"inbox": [], "expressions": [], "trained_on_erased": []}

    def erase(self, bot: str, user: str, conversations: Sequence[str]) -> None:
        body = {"user": user, "conversations": list(conversations)}
        with suppress(NotFoundError):
            self._peer.call("POST", "bots", bot, "erasures", json=body)

    def deliver(self, bot: str, messages: Sequence[UserMessage]) -> None:
        body = {"messages": [message.model_dump(mode="json") for message in messages]}
        self._peer.call("POST", "bots", bot, "inbox", "messages", json=body)


def _soon(patient: bool) -> dict[str, float]:
    return {} if patient else {"timeout": _SOON_SECONDS}


def _bots(peer: Peer, limit: int, cursor: str | None) -> ListedBots:
    """A page. Draft's and live's are in one order, and a cursor of the one is good for the other."""
    params = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
    return peer.ask(reading.bots, "GET", "bots", patient=False, timeout=_SOON_SECONDS, params=params)


class Live:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def patiently(self) -> "Live":
        """The same, waited for by a job whatever it is asked."""
        return Live(self._peer.patiently())

    def bots(self, limit: int, cursor: str | None) -> ListedBots:
        """Those that it serves."""
        return _bots(self._peer, limit, cursor)

    def active(self, bot: str, soon: bool = False) -> ActiveRelease | None:
        """`soon` is for what can be done without: a target that hangs counts as one that is away."""
        hurry = {"timeout": _SOON_SECONDS} if soon else {}
        try:
            return self._peer.ask(reading.active_release, "GET", "bots", bot, "active", patient=False, **hurry)
        except NotFoundError:
            return None

    def has_blob(self, digest: str) -> bool:
        try:
            self._peer.call("HEAD", "blobs", digest)
        except NotFoundError:
            return False
        return True

    def put_blob(self, digest: str, data: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        self._peer.call("PUT", "blobs", digest, content=data, headers=headers)

    def stage(self, release: Release, provenance: dict[str, Any]) -> Proof:
        body = b'{"provenance":%b,"release":%b}' % (orjson.dumps(provenance), release.canonical())
        path = "bots", release.bot.id, "releases", release.digest
        headers = {"Content-Type": "application/json"}
        return self._peer.ask(reading.proof, "PUT", *path, content=body, headers=headers)

    def prove(self, release: Release) -> Proof | None:
        """Of a candidate that waits there for its switch; None where it has to be brought (again)."""
        path = "bots", release.bot.id, "releases", release.digest, "proof"
        try:
            return self._peer.ask(reading.proof, "POST", *path)
        except (NotFoundError, ConflictError, InvalidError):
            return None

    def run_cases(self, release: Release, cases: Mapping[str, Case]) -> list[CaseResult]:
        """On the release as it is staged there."""
        body = {"cases": {name: case.model_dump(mode="json") for name, case in cases.items()}}
        path = "bots", release.bot.id, "releases", release.digest, "cases"
        return self._peer.ask(reading.case_results, "POST", *path, json=body)

    def impact(self, release: Release, messages: int) -> dict[str, Any]:
        """What the staged release would make of the last messages, against what is live."""
        path = "bots", release.bot.id, "releases", release.digest, "impact"
        return self._peer.ask(reading.document, "POST", *path, json={"messages": messages})

    def activate(self, bot: str, base: str | None, body: dict[str, Any]) -> Activation:
        """Moves the pointer if it is still at `base`. Raises PreconditionError `live_moved` when it is not."""
        headers = {"If-Match": f'"{base}"' if base else "none"}
        return self._peer.ask(reading.activation, "PUT", "bots", bot, "active", json=body, headers=headers)

    def take_off(self, bot: str, digest: str) -> None:
        """Once. Raises PreconditionError `live_moved` when it serves another release than `digest`."""
        try:
            self._peer.call("DELETE", "bots", bot, "active", headers={"If-Match": f'"{digest}"'})
        except NotFoundError:
            # Done already: the answer to an earlier try was lost.
            return

    def log(self, bot: str, after: int) -> Iterator[LogEntry]:
        """Every activation after that number, in their order."""
        while True:
            params = {"after": after, "limit": _PAGE}
            path = "bots", bot, "releases", "log"
            entries = self._peer.ask(reading.log_entries, "GET", *path, patient=False, params=params)
            yield from entries
            if len(entries) < _PAGE:
                return
            after = entries[-1].number

    def release(self, bot: str, digest: str) -> Release | None:
        try:
            return self._peer.ask(reading.release, "GET", "bots", bot, "releases", digest, patient=False)
        except NotFoundError:
            return None

    def environment(self, bot: str) -> EnvironmentNames:
        try:
            return self._peer.ask(reading.environment, "GET", "bots", bot, patient=False)
        except NotFoundError:
            return EnvironmentNames()

    def standing(self, bot: str) -> dict[str, int]:
        """Conversations of the last minutes, counted by the block that they stand on."""
        try:
            return self._peer.ask(reading.standing, "GET", "bots", bot, "standing", patient=False)
        except NotFoundError:
            return {}

    def keep(self, bot: str, digests: Sequence[str]) -> None:
        """Names releases that must not be swept, beside those that live keeps by itself."""
        self._peer.call("PUT", "bots", bot, "kept", patient=False, json={"digests": list(digests)})

    def personal(self, bot: str, user: str) -> list[dict[str, Any]]:
        """A person's conversations, with what was said in them."""
        return self._peer.ask(reading.conversations, "POST", "bots", bot, "exports", json={"user": user})

    def erase(self, bot: str, user: str) -> None:
        self._peer.call("POST", "bots", bot, "erasures", json={"user": user})

    def messages(self, bot: str, after: int, limit: int) -> list[UserMessage]:
        params = {"after": after, "limit": limit}
        return self._peer.ask(reading.messages, "GET", "bots", bot, "messages", params=params)
