"""The flows that are live, and quick fixes to them (E2)."""

from typing import Annotated

from fastapi import Header, Path, Response

from services.live_api.composing import flow_of, refuse_missing_values, with_flow, without_flow
from services.live_api.editing import Signed, edit
from services.live_api.environments import environment_of
from services.live_api.floor import Editor, Floor, FloorParts, Reader
from services.live_api.roster import Serving
from services.live_api.tables import secrets
from shared.contracts import Flow, Release
from shared.flows.references import Need
from shared.flows.writing import FlowBody, refuse_forbidden_calls
from shared.sealed import secret_names
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import etag_of, require_match
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/flows", tags=["live edits"])

FlowId = Annotated[str, Path(min_length=1, max_length=200)]
IfMatch = Annotated[str | None, Header()]


@router.get("")
def list_all(bot: str, floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Flow]:
    served = floor.serving(bot, key).brain.release
    return cut(list(served.flows.values()), limit, cursor, key=lambda flow: (flow.id,))


@router.get("/{flow}")
def show(bot: str, flow: FlowId, floor: Floor, key: Reader, response: Response) -> Flow:
    found = flow_of(floor.serving(bot, key).brain.release, flow)
    response.headers["ETag"] = etag_of(found)
    return found


@router.put("/{flow}")
def put(
    bot: str,
    flow: FlowId,
    body: FlowBody,
    floor: Floor,
    key: Editor,
    signature: Signed,
    response: Response,
    if_match: IfMatch = None,
) -> Flow:
    """Answered when live serves it. No reference leads nowhere, and the environment has what it needs."""

    def change(serving: Serving) -> Release:
        _require_seen(serving, flow, if_match)
        release = with_flow(serving.brain.release, flow, body)
        refuse_missing_values(release.flows[flow], _available(floor, serving.pointer.bot))
        refuse_forbidden_calls(release.flows[flow], floor.egress.rules)
        return release

    done = edit(floor, bot, key, signature, change)
    written = flow_of(done.serving.brain.release, flow)
    response.headers.update({**done.headers, "ETag": etag_of(written)})
    return written


@router.delete("/{flow}", status_code=204)
def remove(bot: str, flow: FlowId, floor: Floor, key: Editor, signature: Signed, if_match: IfMatch = None) -> Response:
    """Refused while blocks of other flows lead into it."""

    def change(serving: Serving) -> Release:
        _require_seen(serving, flow, if_match)
        return without_flow(serving.brain.release, flow)

    done = edit(floor, bot, key, signature, change)
    return Response(status_code=204, headers=done.headers)


def _require_seen(serving: Serving, flow: str, if_match: str | None) -> None:
    found = serving.brain.release.flows.get(flow)
    require_match(if_match, etag_of(found) if found else None)


def _available(floor: FloorParts, bot: str) -> set[Need]:
    """As the database has them: another process may have been told of a new one just now."""
    with floor.db.reading() as connection:
        values, names = environment_of(connection, bot).env, secret_names(connection, secrets, bot)
    return {*(("env", name) for name in values), *(("secret", name) for name in names)}
