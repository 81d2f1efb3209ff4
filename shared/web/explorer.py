"""The OpenAPI explorer: works offline, and says at the top of the page where one is."""

from html import escape
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic.json_schema import models_json_schema
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from shared.web.problems import Problem

_ASSETS = Path(fastapi_offline.__file__).parent / "static"

_BANNER = (
    '<div role="banner" style="position:sticky;top:0;z-index:9999;padding:.7rem 1.5rem;color:#fff;'
    'background:{colour};font:600 16px system-ui,sans-serif;display:flex;gap:1.5rem">'
    "<span>{text}</span></div>"
)


# What the sample bot has, so that the examples of the explorer run as they stand once it is there.
_EXAMPLES = {
    "bot": "Tern Valley Railway",
    "intent": "bring_bicycle",
    "flow": "tickets",
    "conversation": "demo",
    "entity": "station",
    "variable": "first_name",
}
# What an example writes is a thing of its own: it does not take the place of what the sample bot has.
_EXAMPLES_TO_WRITE = {**_EXAMPLES, "flow": "my_refunds"}
_HEADERS = {"live-edit": "confirmed"}


def add_examples(schema: dict[str, Any]) -> dict[str, Any]:
    """What stands in paths, and headers that are asked for, get an example by their name; the explorer fills it in."""
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            in_path = _EXAMPLES if method == "get" else _EXAMPLES_TO_WRITE
            for parameter in operation.get("parameters", ()):
                known = {"path": in_path, "header": _HEADERS}.get(parameter["in"], {})
                if parameter["name"] in known:
                    parameter["example"] = known[parameter["name"]]
    return schema


def add_problem(schema: dict[str, Any]) -> dict[str, Any]:
    """What every refusal looks like, said once."""
    template = "#/components/schemas/{model}"
    _, told = models_json_schema([(Problem, "serialization")], ref_template=template)
    schema["components"]["schemas"] |= told["$defs"]
    return schema


def add_explorer(app: FastAPI, banner: str, colour: str) -> None:
    plain = app.openapi
    app.openapi = lambda: add_problem(add_examples(plain()))  # type: ignore[method-assign]
    app.mount("/assets", StaticFiles(directory=_ASSETS), name="assets")

    @app.get("/docs", include_in_schema=False)
    async def explorer() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="openapi.json",
            title=app.title,
            swagger_js_url="assets/swagger-ui-bundle.js",
            swagger_css_url="assets/swagger-ui.css",
            swagger_favicon_url="assets/favicon.png",
            swagger_ui_parameters={
                "persistAuthorization": True,
                "tryItOutEnabled": True,
                "docExpansion": "list",
            },
        )
        strip = _BANNER.format(colour=colour, text=escape(banner))
        return HTMLResponse(bytes(page.body).decode().replace("<body>", f"<body>{strip}", 1))


def begin_at_explorer(app: FastAPI) -> None:
    """For whoever opens the bare address of a service that has no page of its own."""

    @app.get("/", include_in_schema=False)
    async def begin() -> RedirectResponse:
        # Relative: the service may lie under a path of a proxy.
        return RedirectResponse("docs")
