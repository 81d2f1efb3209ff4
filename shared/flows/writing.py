"""A flow as somebody writes it, and what is kept of it. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts import Flow
from shared.destinations import ForbiddenUrlError, Rules, check_template
from shared.errors import ConflictError, InvalidError
from shared.flows.block import parse_blocks

_EXAMPLE: dict[str, Any] = {
    "name": "Refunds",
    "blocks": [
        {
            "id": "refund_how",
            "kind": "message",
            "messages": [{"text": "You get your money back within five days.", "quick_replies": [{"title": "Thanks"}]}],
        }
    ],
}
_EVERY_KIND: dict[str, Any] = {
    "name": "Call back",
    "blocks": [
        {
            "id": "call_number",
            "kind": "input",
            "variable": "phone",
            "expects": "phone",
            "messages": [{"text": "Which number shall we call?"}],
            "retry": "That is no number that we can call.",
            "next": "call_ask",
        },
        {
            "id": "call_ask",
            "kind": "action",
            "actions": [
                {
                    "do": "http",
                    "method": "POST",
                    "url": "https://office.example/calls",
                    "body": {"number": "{{ phone }}"},
                    "save": {"minutes": "body.wait_minutes"},
                    "failed": "call_closed",
                }
            ],
            "next": "call_soon",
        },
        {
            "id": "call_soon",
            "kind": "goto",
            "branches": [
                {"when": {"variable": "minutes", "operator": "less_than", "value": 30}, "next": "call_thanks"}
            ],
            "next": "call_closed",
        },
        {
            "id": "call_thanks",
            "kind": "message",
            "messages": [{"text": "You hear from us in {{ minutes }} minutes."}],
        },
        {"id": "call_closed", "kind": "message", "messages": [{"text": "Nobody can call you now. Try tomorrow?"}]},
    ],
    "variables": ["phone", "minutes"],
}


class FlowBody(BaseModel):
    """`docs/flows.md` shows every kind of block; `GET /v1/schema/blocks` has their JSON Schema."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE, _EVERY_KIND]})

    name: Annotated[str, Field(min_length=1, max_length=200)]
    blocks: Annotated[list[dict[str, Any]], Field(max_length=2000)] = []
    variables: Annotated[list[str], Field(max_length=500)] = []


def compose_flow(flow_id: str, body: FlowBody, names: Mapping[str, str]) -> Flow:
    """Intents may be written by name or id; ids are kept. Raises InvalidError `invalid_block`, `unknown_intent`."""
    ids = {name: intent for intent, name in names.items()} | {intent: intent for intent in names}
    blocks = tuple(
        {**block, "intent": ids.get(block["intent"], block["intent"])}
        if isinstance(block.get("intent"), str)
        else block
        for block in body.blocks
    )
    parse_blocks(list(blocks))
    for block in blocks:
        if block.get("intent") is not None and block["intent"] not in names:
            detail = f"Block {block['id']!r} is triggered by {block['intent']!r}, which the bot does not have."
            raise InvalidError("unknown_intent", detail, block=block["id"], intent=block["intent"])
    return Flow(id=flow_id, name=body.name, blocks=blocks, variables=tuple(body.variables))


def refuse_duplicate_blocks(flow: Flow, others: Mapping[str, Flow]) -> None:
    """A block id names one block of the bot, since flows jump into each other."""
    seen = {block["id"]: other.id for other in others.values() if other.id != flow.id for block in other.blocks}
    for block in flow.blocks:
        if block["id"] in seen:
            where = seen[block["id"]]
            detail = f"There is a block {block['id']!r} already, in flow {where!r}."
            raise ConflictError("duplicate_block", detail, block=block["id"], flow=where)
        seen[block["id"]] = flow.id


def refuse_forbidden_calls(flow: Flow, rules: Rules) -> None:
    """Raises InvalidError `url_forbidden` for a call whose URL, as far as it is plain, leads where none may lead."""
    for block in parse_blocks(flow.blocks):
        for url in block.calls():
            try:
                check_template(url, rules)
            except ForbiddenUrlError as error:
                raise InvalidError(error.code, f"Block {block.id!r}: {error.detail}", block=block.id, url=url) from None
