"""What the neighbours answer, read into values. Each raises ValueError, KeyError or TypeError for what is none."""

from typing import Any

import httpx
import orjson

from services.publisher.answers import Activation, EnvironmentNames, ListedBots, LogEntry
from services.publisher.records import RELEASES
from shared.cases import Case, CaseResult
from shared.contracts import ActiveRelease, BotIdentity, Proof, Release, UserMessage


def document(response: httpx.Response) -> dict[str, Any]:
    found = orjson.loads(response.content)
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


def named(response: httpx.Response) -> str:
    return str(document(response)["id"])


def bot(response: httpx.Response) -> BotIdentity:
    return _bot(document(response))


def bots(response: httpx.Response) -> ListedBots:
    page = document(response)
    return ListedBots(items=tuple(map(_bot, page["items"])), more=page["next"])


def _bot(found: dict[str, Any]) -> BotIdentity:
    return BotIdentity(id=found["id"], name=found["name"])


def snapshot_named(response: httpx.Response) -> str:
    return str(document(response)["snapshot"])


def proof(response: httpx.Response) -> Proof:
    return Proof.model_validate_json(response.content)


def provenance(response: httpx.Response) -> dict[str, Any]:
    found = document(response)
    return {"trained_at": found["trained_at"], "accuracy": found["evaluation"].get("accuracy")}


def cases(response: httpx.Response) -> tuple[dict[str, Case], str | None]:
    """A page of them by name, and where the next begins."""
    page = document(response)
    return {item["name"]: Case.model_validate(item["case"]) for item in page["items"]}, page["next"]


def case_results(response: httpx.Response) -> list[CaseResult]:
    return [CaseResult.model_validate(result) for result in document(response)["results"]]


def training(response: httpx.Response) -> dict[str, Any]:
    found = document(response)
    return {**found, "status": str(found["status"]), "percent": float(found["percent"])}


def active_release(response: httpx.Response) -> ActiveRelease:
    """What is known by its digest is not read again."""
    found = document(response)
    known = RELEASES.get(found["digest"]) or found["release"]
    active = ActiveRelease.model_validate({**found, "release": known})
    RELEASES.keep(active.digest, active.release)
    return active


def release(response: httpx.Response) -> Release:
    return Release.model_validate_json(response.content)


def activation(response: httpx.Response) -> Activation:
    return Activation.model_validate_json(response.content)


def log_entries(response: httpx.Response) -> list[LogEntry]:
    return [LogEntry.model_validate(item) for item in document(response)["items"]]


def environment(response: httpx.Response) -> EnvironmentNames:
    found = document(response)
    return EnvironmentNames(env=tuple(found["env"]), secrets=tuple(found["secrets"]))


def standing(response: httpx.Response) -> dict[str, int]:
    return {block: int(count) for block, count in document(response)["blocks"].items()}


def conversations(response: httpx.Response) -> list[dict[str, Any]]:
    return list(document(response)["conversations"])


def messages(response: httpx.Response) -> list[UserMessage]:
    return [UserMessage.model_validate(item) for item in document(response)["items"]]
