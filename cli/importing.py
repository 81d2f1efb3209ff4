"""What is on disk -> draft: a folder like `samples/railway`, a list of expressions, a bundle, or another platform's
export.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.access import Access
from cli.foreign import move_in, read_foreign
from cli.outcome import CommandError
from cli.peer import Peer

MEDIA_TYPES = {".csv": "text/csv", ".jsonl": "application/x-ndjson", ".ndjson": "application/x-ndjson"}


@dataclass(frozen=True)
class Source:
    """What was read. `bot` is what to create when there is none of that name, None when there must be one."""

    name: str
    bot: Mapping[str, Any] | None = None
    expressions: bytes | None = None
    media_type: str = "text/csv"
    flows: tuple[Mapping[str, Any], ...] = ()
    entities: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)


def import_path(access: Access, path: Path, name: str | None, mode: str) -> dict[str, Any]:
    """The report of it: `bot`, `created`, `added`, `skipped`, `refused` lines, `flows` written, and of another
    platform's export what was `not_carried`; `warnings` of a training to come."""
    foreign = read_foreign(path)
    if foreign:
        return move_in(access.draft, foreign, name, mode)
    if path.suffix == ".json" and path.is_file():
        return _import_bundle(access.draft, path, name)
    return import_source(access.draft, read_source(path, name), mode)


def read_source(path: Path, name: str | None) -> Source:
    """Raises CommandError when something is missing or cannot be read; nothing was sent by then."""
    if path.is_dir():
        return _read_folder(path, name)
    if path.suffix not in MEDIA_TYPES:
        raise CommandError(f"{path} is no folder, and no .csv, .jsonl, .json, .yml or .zip file.")
    if name is None:
        raise CommandError(f"Which bot are the expressions of {path.name} for? Name it with --bot.")
    return Source(name=name, expressions=_read(path), media_type=MEDIA_TYPES[path.suffix])


def import_source(draft: Peer, source: Source, mode: str) -> dict[str, Any]:
    """Expressions first: flows refer to the intents that come with them."""
    bot, created = _bot(draft, source)
    report = {"added": 0, "skipped": 0, "refused": []}
    if source.expressions is not None:
        where = ("bots", bot["id"], "nlp", "import")
        report = draft.upload(*where, content=source.expressions, media_type=source.media_type, mode=mode)
    for kind, documents in (("entities", source.entities), ("variables", source.variables)):
        for key, document in documents.items():
            draft.put("bots", bot["id"], kind, key, body=document)
    for flow in source.flows:
        body = {key: value for key, value in flow.items() if key != "id"}
        draft.put("bots", bot["id"], "flows", str(flow["id"]), body=body)
    return {"bot": bot["id"], "name": bot["name"], "created": created, **report, "flows": len(source.flows)}


def _bot(draft: Peer, source: Source) -> tuple[Any, bool]:
    try:
        return draft.get("bots", source.name), False
    except CommandError as error:
        if error.problem["code"] != "not_found" or source.bot is None:
            raise
    return draft.post("bots", body={**source.bot, "name": source.name}), True


def _import_bundle(draft: Peer, path: Path, name: str | None) -> dict[str, Any]:
    bundle = _json(path)
    if not isinstance(bundle, dict) or not isinstance(bundle.get("bot"), dict):
        raise CommandError(f"{path} is not a bundle of a bot.")
    if name is not None:
        bundle["bot"]["name"] = name
    made = draft.upload("bots", "import", content=json.dumps(bundle).encode(), media_type="application/json")
    added = sum(len(texts) for intent in bundle.get("intents", ()) for texts in intent["expressions"].values())
    counts = {"added": added, "skipped": 0, "refused": [], "flows": len(bundle.get("flows", ()))}
    warnings = made.get("warnings", [])
    return {"bot": made["id"], "name": made["name"], "created": True, **counts, "warnings": warnings}


def _read_folder(path: Path, name: str | None) -> Source:
    described = dict(_json(path / "bot.json"))
    listed = next((path / f"nlp{suffix}" for suffix in MEDIA_TYPES if (path / f"nlp{suffix}").exists()), None)
    return Source(
        name=name or described["name"],
        entities=described.pop("entities", {}),
        variables=described.pop("variables", {}),
        bot=described,
        expressions=_read(listed) if listed else None,
        media_type=MEDIA_TYPES[listed.suffix] if listed else "text/csv",
        flows=tuple(_json(path / "flows.json")) if (path / "flows.json").exists() else (),
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except ValueError as error:
        raise CommandError(f"{path} is not JSON: {error}.") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
