"""A service's application: the same door, keys, errors, explorer and health for all three."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from multiprocessing import parent_process
from typing import Any

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from shared.db import Database
from shared.settings import ServiceSettings
from shared.web import explorer, keys_routes, problems
from shared.web.door import Door, Measures
from shared.web.keys import KeyRing, Principal
from shared.web.lingering import Lingering
from shared.web.rates import Rates, rate_of

# A check that is False keeps a service from being ready; anything else is only told.
Ready = Callable[[], dict[str, Any]]
# From the id or name of a bot to its id. Raises NotFoundError for one that the service knows not to be there.
FindBot = Callable[[str, Principal], str]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_COLOURS = {"live": "#b3261e", "draft": "#2f7d5b", "publisher": "#3d5a98", "preview": "#8a5a00"}


@dataclass(frozen=True)
class Surface:
    """How a service presents itself. `banner` stands at the top of its explorer."""

    name: str
    title: str
    banner: str
    description: str


def create_app(
    surface: Surface,
    settings: ServiceSettings,
    db: Database,
    keys: KeyRing,
    ready: Ready,
    lifespan: Lifespan,
    routers: Sequence[APIRouter],
    find_bot: FindBot,
) -> FastAPI:
    app = FastAPI(
        title=surface.title,
        description=surface.description,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    registry = CollectorRegistry()
    app.state.keys = keys
    app.state.find_bot = find_bot
    app.state.registry = registry
    app.state.measures = Measures(registry)
    app.state.max_body_bytes = settings.max_body_bytes
    app.state.max_upload_bytes = settings.max_upload_bytes
    app.state.max_blob_bytes = settings.max_blob_bytes
    problems.install(app)
    rates = Rates(rate_of(settings.rate_limit), keys) if settings.rate_limit else None
    app.add_middleware(Door, environment=surface.name, measures=app.state.measures, rates=rates)
    app.add_middleware(Lingering)
    for router in (*routers, keys_routes.router):
        app.include_router(router)
    explorer.add_explorer(app, surface.banner, _COLOURS[surface.name])
    _add_health(app, surface, db, ready, registry)
    return app


def _add_health(app: FastAPI, surface: Surface, db: Database, ready: Ready, registry: CollectorRegistry) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive", "service": surface.name, "sqlite": sqlite3.sqlite_version})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        checks = {"database": await run_in_threadpool(_reachable, db), **ready()}
        fine = all(check is not False for check in checks.values())
        return JSONResponse({"status": "ready" if fine else "not_ready", "checks": checks}, 200 if fine else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(exposition(registry, process_name()), media_type="text/plain; version=0.0.4")


def process_name() -> str | None:
    """What tells this process from others behind the same port; None where it is alone."""
    return str(os.getpid()) if parent_process() else None


def exposition(registry: CollectorRegistry, process: str | None) -> bytes:
    """All measures. Of one of several processes, with its name: a counter that is another's every time says nothing."""
    if process is None:
        return generate_latest(registry)
    named = CollectorRegistry()
    named.register(_Named(registry, process))
    return generate_latest(named)


@dataclass(frozen=True)
class _Named(Collector):
    registry: CollectorRegistry
    process: str

    def collect(self) -> Iterator[Metric]:
        for metric in self.registry.collect():
            own = {"process": self.process}
            metric.samples = [sample._replace(labels={**sample.labels, **own}) for sample in metric.samples]
            yield metric


def _reachable(db: Database) -> bool:
    try:
        db.ping()
    except Exception:
        return False
    return True
