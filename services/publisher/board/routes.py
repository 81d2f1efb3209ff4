"""The start page and its files, for everybody: what it shows of bots it asks for with the key of whoever looks."""

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from services.publisher.board.page import HEADERS, start_page
from services.publisher.settings import PublisherSettings
from shared.errors import NotFoundError

_FILES = {
    "board.js": "text/javascript; charset=utf-8",
    "card.js": "text/javascript; charset=utf-8",
    "board.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def board_router(settings: PublisherSettings) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    page = start_page(settings.draft_public_url, {target.name: target.public_url for target in settings.targets})

    @router.get("/")
    async def start_here() -> HTMLResponse:
        return HTMLResponse(page, headers=dict(HEADERS))

    @router.get("/board/{file}")
    async def asset(file: str) -> Response:
        if file not in _FILES:
            raise NotFoundError("not_found", "There is nothing here.")
        return Response(_contents(file), media_type=_FILES[file], headers=dict(HEADERS))

    return router


@lru_cache(maxsize=len(_FILES))
def _contents(file: str) -> bytes:
    return (Path(__file__).parent / file).read_bytes()
