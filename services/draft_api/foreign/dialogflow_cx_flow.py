"""What a flow of Dialogflow CX answers: routes that always answer an intent, and what is said when nothing matches."""

import re
from collections.abc import Mapping
from typing import Any

from services.draft_api.foreign.dialogflow_parts import items, part, texts
from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.speech import MOST_VARIANTS, beyond, block_id, in_places

_NO_MATCH, _WELCOME = "sys.no-match-default", "Default Welcome Intent"
_ALWAYS = {"", "true"}
_PARAMETER = re.compile(r"\$(session|intent|page|flow|request|sys)\.")
_SPOKEN = {"text", "languageCode", "channel", "responseType", "source"}
_BESIDE = {
    "webhook": "call a URL from an `action` block",
    "conditionalCases": "lead to what is said from a `goto` block with branches",
    "setParameterActions": "set variables in an `action` block",
}


def read_flow(flow: Mapping[str, Any], harvest: Harvest, is_start: bool) -> None:
    name = str(flow.get("displayName") or "")
    for route in items(flow.get("transitionRoutes")):
        _read_route(route, name, harvest, is_start)
    for handler in items(flow.get("eventHandlers")):
        _read_handler(handler, name, harvest, is_start)


def _read_route(route: Mapping[str, Any], flow: str, harvest: Harvest, is_start: bool) -> None:
    intent, told = route.get("intent"), f"route of {flow}: {_told(route)}"
    if not isinstance(intent, str) or _condition(route):
        harvest.lose(told, "a block answers everyone who says its intent: lead there from a `goto` block with branches")
        return
    messages = _said(route, told, harvest)
    if _target(route):
        harvest.lose(told, "what it says came along, if anything, and not where it leads: give its block a `next`")
    elif not messages:
        harvest.lose(told, "only an intent that is answered with a text becomes a block")
    if messages:
        block = {"id": block_id(f"{flow} {intent}"), "kind": "message", "messages": messages}
        harvest.block({**block, **_reached(intent, told, harvest, is_start)})


def _reached(intent: str, told: str, harvest: Harvest, is_start: bool) -> dict[str, str]:
    """Only the routes of the first flow are there for whoever comes; another's are once it was led to."""
    if not is_start:
        harvest.lose(told, "it answers within that flow alone: lead to its block, or give it the intent")
        return {}
    return {"intent": intent, **({"system": "introduction"} if intent == _WELCOME else {})}


def _read_handler(handler: Mapping[str, Any], flow: str, harvest: Harvest, is_start: bool) -> None:
    event = str(handler.get("event") or "")
    told = f"event {event} of {flow}"
    messages = _said(handler, told, harvest) if is_start and event == _NO_MATCH else []
    if messages:
        block = {"kind": "message", "system": "not_understood", "messages": messages}
        harvest.block({"id": block_id(f"{flow} not understood"), **block})
    if not messages or _target(handler):
        harvest.lose(told, "a bot has one answer to what is not understood, and none to silence or events")


def _told(route: Mapping[str, Any]) -> str:
    intent = route.get("intent")
    said = [intent if isinstance(intent, str) else "without an intent"]
    said += [f"if {_condition(route)}"] if _condition(route) else []
    said += [f"to {_target(route)}"] if _target(route) else []
    return ", ".join(said)


def _condition(route: Mapping[str, Any]) -> str:
    """What must be so for the route to be taken; nothing where it always is."""
    written = " ".join(str(route.get("condition") or "").split())
    return "" if written.casefold() in _ALWAYS else written


def _target(route: Mapping[str, Any]) -> str:
    return str(route.get("targetPage") or route.get("targetFlow") or "")


def _said(route: Mapping[str, Any], told: str, harvest: Harvest) -> list[dict[str, Any]]:
    fulfillment = part(route, "triggerFulfillment")
    for key, why in _BESIDE.items():
        if fulfillment.get(key):
            harvest.lose(f"{key} of {told}", why)
    by_language: dict[str, list[list[str]]] = {}
    for bubble in _of_one_channel(list(items(fulfillment.get("messages"))), told, harvest):
        if spoken := texts(part(bubble, "text").get("text")):
            by_language.setdefault(str(bubble.get("languageCode") or ""), []).append(spoken)
        if odd := sorted(bubble.keys() - _SPOKEN):
            harvest.lose(f"{', '.join(odd)} of {told}", "only texts come along")
    if any(_PARAMETER.search(text) for said in by_language.values() for place in said for text in place):
        harvest.lose(f"parameters in what is said by {told}", "write {{ variable }} where it says $session.params")
    harvest.lose_all(f"variants of {told}", beyond(by_language), f"up to {MOST_VARIANTS} come along")
    return in_places(by_language)


def _of_one_channel(bubbles: list[Mapping[str, Any]], told: str, harvest: Harvest) -> list[Mapping[str, Any]]:
    """What is for every channel, or for the first that is named where nothing is for all."""
    channels = [str(bubble.get("channel") or "") for bubble in bubbles]
    chosen = "" if "" in channels else next(iter(channels), "")
    others = set(channels) - {chosen}
    harvest.lose_all(f"what is said by {told} on", others, "a bot says the same on every channel")
    return [bubble for bubble, channel in zip(bubbles, channels, strict=True) if channel == chosen]
