"""The publisher put together: wiring happens here, once, at start."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from services.publisher import inbox_routes, publications, releases, status
from services.publisher.bridge import BridgeParts
from services.publisher.inbox_sync import InboxSync, take_due, unfinished_syncs
from services.publisher.page import start_page
from services.publisher.peers import Draft, Live, connect
from services.publisher.publish import Publishing
from services.publisher.records import now, unfinished
from services.publisher.settings import PublisherSettings
from services.publisher.tables import keys as keys_table
from shared.db import Database
from shared.jobs import Jobs
from shared.schema import migrate
from shared.web.app import Surface, create_app
from shared.web.keys import KeyRing

SURFACE = Surface(
    name="publisher",
    title="Greenroom publisher",
    banner="PUBLISHER · what you publish here is what users meet",
    description="The bridge from draft to live: checks, copies, proves, switches.",
)
_TICK_SECONDS = 15

log = structlog.get_logger()


def publisher_app(settings: PublisherSettings, jobs: Jobs) -> FastAPI:
    db = Database(settings.service.database_url)
    keys = KeyRing(db, keys_table)
    draft = Draft(connect("draft", settings.draft_url, settings.service.peer_key, settings.patience_seconds))
    live = Live(connect("live", settings.live_url, settings.service.peer_key, settings.patience_seconds))
    stopping, started = threading.Event(), {"started": False}

    def start() -> None:
        migrate(db, "publisher")
        keys.ensure("admin", settings.service.admin_key, ("admin",))
        jobs.launch({"publication": Publishing(db, draft, live).run, "inbox_sync": InboxSync(db, draft, live).run})
        with db.reading() as connection:
            left, syncs = unfinished(connection), unfinished_syncs(connection)
        for publication in left:
            jobs.start("publication", publication)
        for sync in syncs:
            jobs.start("inbox_sync", sync)
        threading.Thread(target=tick, daemon=True, name="inbox schedule").start()
        started["started"] = True

    def tick() -> None:
        """Starts the inbox syncs that are due; a database that is away is asked again at the next tick."""
        while not stopping.wait(_TICK_SECONDS):
            try:
                with db.writing() as connection:
                    due = take_due(connection, now())
                for sync in due:
                    jobs.start("inbox_sync", sync)
            except Exception:
                log.exception("inbox_schedule_interrupted")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(start)
        yield
        stopping.set()
        await run_in_threadpool(jobs.close)
        db.dispose()

    app = create_app(
        SURFACE,
        settings.service,
        db,
        keys,
        ready=lambda: dict(started),
        lifespan=lifespan,
        routers=[publications.router, releases.router, status.router, inbox_routes.router],
    )
    app.state.bridge = BridgeParts(db, jobs, draft, live, settings.live_public_url)

    @app.get("/", include_in_schema=False)
    async def start_here() -> HTMLResponse:
        return HTMLResponse(start_page(settings.draft_public_url, settings.live_public_url))

    return app
