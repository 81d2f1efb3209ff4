"""Bringing live's edits home into draft: three-way, block by block, after a snapshot (E3)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.publisher import audit, history, records
from services.publisher.bridge import Bridge, BridgeParts, Executor
from services.publisher.drift import DriftItem, Edit, after_pull, items, named, standing
from services.publisher.history import catch_up
from services.publisher.merge import Clash, Merged, Side, merge_flow, merge_setting
from shared.contracts import Flow, Release, Snapshot
from shared.digest import same
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.flows.references import references
from shared.web.routing import Router

router = Router(tags=["live edits"])


class PullRequest(BaseModel):
    """`items` (`flow:<id>`, `setting:<name>`) are all that stand when left out; `prefer` decides clashes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    items: list[str] | None = Field(default=None, max_length=2000)
    prefer: Side | None = None


class Pulled(BaseModel):
    """`snapshot` is draft as it was before, None when there was nothing to write."""

    items: list[DriftItem]
    snapshot: str | None = None


@router.post("/v1/bots/{bot}/drift/pull", responses={412: {}}, summary="Pull live edits into draft")
def pull(bot: str, bridge: Bridge, key: Executor, body: PullRequest | None = None) -> Pulled:
    """409 `drift_conflict` names what was changed differently on both sides; nothing is written then."""
    asked = body or PullRequest()
    bot_id = bridge.bot_id(bot, key)
    live = bridge.live.active(bot_id)
    last = catch_up(bridge.db, bridge.live, "live", bot_id) if live else None
    if live is None or last is None:
        raise NotFoundError("never_published", "Nothing of this bot is live.")
    draft = bridge.draft.snapshot(bot_id)
    edits = _asked(last.edits, live.release, draft, asked)
    merged = {item: _merge(bridge, bot_id, item, edit, live.release, draft, asked) for item, edit in edits.items()}
    clashes = [clash for found in merged.values() for clash in found.clashes]
    if clashes:
        raise _conflict(clashes)
    ours = _plain(draft)
    written = {item: found.value for item, found in merged.items() if not same(found.value, ours.get(item))}
    _refuse_lost_intents(written, live.release, draft)
    snapshot = _write(bridge, bot_id, draft, written) if written else None
    with bridge.db.writing() as connection:
        left = after_pull(last.edits, edits, live.release, last.number, draft, written)
        history.keep_edits(connection, bot_id, last.number, left)
        if edits:
            audit.pulled(connection, bot_id, sorted(edits), snapshot, key)
    shown = [named(item, edit, live.release, live.release) for item, edit in sorted(edits.items())]
    return Pulled(items=shown, snapshot=snapshot)


def _asked(edits: Mapping[str, Edit], live: Release, draft: Snapshot, asked: PullRequest) -> dict[str, Edit]:
    """Raises NotFoundError `not_edited` for an item that nobody edited."""
    found = standing(edits, live, draft)
    unknown = sorted(set(asked.items or ()) - found.keys())
    if unknown:
        raise NotFoundError("not_edited", f"Not edited in live, or pulled already: {', '.join(unknown)}.")
    return found if asked.items is None else {item: found[item] for item in asked.items}


def _merge(
    bridge: BridgeParts, bot_id: str, item: str, edit: Edit, live: Release, draft: Snapshot, asked: PullRequest
) -> Merged:
    base = _agreed(bridge, bot_id, edit.base_for(items(draft).get(item)))
    kind, _, name = item.partition(":")
    if kind == "flow":
        old = base.flows.get(name) if base else None
        return merge_flow(item, old, live.flows.get(name), draft.flows.get(name), asked.prefer)
    old, theirs, ours = (_plain(side).get(item) if side else None for side in (base, live, draft))
    return merge_setting(item, old, theirs, ours, asked.prefer)


def _agreed(bridge: BridgeParts, bot_id: str, number: int) -> Release | None:
    """The release that has what both sides had, as long as it is kept; without it a change on both is a clash."""
    with bridge.db.reading() as connection:
        found = history.find(connection, bot_id, "live", number)
        try:
            return records.thaw(connection, found.digest)[0] if found else None
        except NotFoundError:
            return None


def _plain(side: Release | Snapshot) -> dict[str, Any]:
    """Flows and settings as JSON has them."""
    return {
        item: value.model_dump(mode="json") if isinstance(value, Flow) else value for item, value in items(side).items()
    }


def _refuse_lost_intents(written: Mapping[str, Any], live: Release, draft: Snapshot) -> None:
    """Raises InvalidError `unknown_intent` where an edit listens for what draft has deleted meanwhile."""
    flows = {item: Flow.model_validate(value) for item, value in written.items() if item.startswith("flow:") and value}
    known, names = {mark.id for mark in draft.intents}, {mark.id: mark.name for mark in live.intents}
    lost = [ref for ref in references(flows) if ref.kind == "intent" and ref.target not in known]
    if lost:
        told = ", ".join(f"{names.get(ref.target, ref.target)!r} (block {ref.block})" for ref in lost)
        detail = f"Edited in live for an intent that draft has deleted: {told}. Undo that, or accept live_drift."
        raise InvalidError("unknown_intent", detail, intents=sorted({ref.target for ref in lost}))


def _write(bridge: BridgeParts, bot_id: str, draft: Snapshot, written: Mapping[str, Any]) -> str:
    parts: dict[str, dict[str, Any]] = {"flow": {}, "setting": {}}
    for item, value in written.items():
        kind, _, name = item.partition(":")
        parts[kind][name] = value
    return bridge.draft.pull(bot_id, draft.digest, parts["flow"], parts["setting"], "before pulling live's edits")


def _conflict(clashes: list[Clash]) -> ConflictError:
    places = ", ".join(f"{clash.item} {clash.part}" for clash in clashes[:10])
    detail = f"Changed differently in draft and in live: {places}. Choose with prefer, or change draft first."
    return ConflictError("drift_conflict", detail, clashes=[clash.model_dump(mode="json") for clash in clashes])
