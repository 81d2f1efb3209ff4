"""Every call to draft, typed."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx

from services.publisher import reading
from services.publisher.answers import ListedBots
from services.publisher.asked_alike import PAGE, SOON_SECONDS, bots
from services.publisher.lately import Lately
from services.publisher.peer import NOT_MODIFIED, Peer
from shared.cases import Case
from shared.contracts import BotIdentity, Proof, Release, Snapshot, UserMessage
from shared.errors import NotFoundError

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
        return bots(self._peer, limit, cursor)

    def bot(self, bot: str) -> BotIdentity:
        return self._peer.ask(reading.bot, "GET", "bots", bot, patient=False, timeout=SOON_SECONDS)

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
            asked = {"params": {"limit": PAGE, **cursor}, "patient": patient, **_soon(patient)}
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
    return {} if patient else {"timeout": SOON_SECONDS}
