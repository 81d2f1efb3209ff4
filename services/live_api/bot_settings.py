"""The settings that are live, and quick fixes to them (E2). What training reads stays as it was published."""

from typing import Annotated, Any

from fastapi import Body, Header, Response

from services.live_api.composing import with_settings
from services.live_api.editing import Signed, edit
from services.live_api.floor import Editor, Floor, Reader
from services.live_api.roster import Serving
from shared.contracts import BotSettings, Release
from shared.digest import canonical, digest_of
from shared.web.preconditions import require_match
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/settings", tags=["live edits"])

Changes = Annotated[dict[str, Any], Body(examples=[{"intent_threshold": 0.4}])]


@router.get("", summary="Show the settings of a bot")
def show(bot: str, floor: Floor, key: Reader, response: Response) -> BotSettings:
    settings = floor.serving(bot, key).brain.release.settings
    response.headers["ETag"] = _etag(settings)
    return settings


@router.patch("", summary="Change the settings of a bot")
def change(
    bot: str,
    body: Changes,
    floor: Floor,
    key: Editor,
    signature: Signed,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> BotSettings:
    """Any setting but `profile`, which belongs to the NLP, and `approvals`, in which others have a say.

    Answered when live serves it.
    """

    def composed(serving: Serving) -> Release:
        require_match(if_match, _etag(serving.brain.release.settings))
        return with_settings(serving.brain.release, body)

    done = edit(floor, bot, key, signature, composed)
    settings = done.serving.brain.release.settings
    response.headers.update({**done.headers, "ETag": _etag(settings)})
    return settings


def _etag(settings: BotSettings) -> str:
    return f'"{digest_of(canonical(settings.model_dump(mode="json")))}"'
