"""The publisher put together: wiring happens here, once, at start."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from services.publisher import (
    audit_routes,
    bots,
    inbox_routes,
    personal_routes,
    plans,
    publications,
    pulling,
    releases,
    status,
    unpublishing,
)
from services.publisher.board.routes import board_router
from services.publisher.bridge import BridgeParts, TargetParts
from services.publisher.draft import Draft
from services.publisher.erasing import Erasing, unfinished_erasures
from services.publisher.inbox_sync import InboxSync, take_due, unfinished_syncs
from services.publisher.live import Live
from services.publisher.peer import Peer, connect
from services.publisher.publish import Publishing
from services.publisher.records import now, unfinished
from services.publisher.settings import PublisherSettings, TargetSettings
from services.publisher.sweeping import sweep
from services.publisher.tables import SEALED, text_keys
from services.publisher.tables import audit as audit_table
from services.publisher.tables import keys as keys_table
from services.publisher.weighing import Weighing, unfinished_impacts
from shared.db import Database
from shared.jobs import Jobs
from shared.schema import migrate
from shared.sealed import refuse_unknown_keys, reseal
from shared.secrets import Secrets, keys_source
from shared.text_keys import use_text_keys
from shared.web.app import Surface, create_app
from shared.web.arriving import once_there
from shared.web.audit_routes import audit_router
from shared.web.keys import ADMIN, KeyRing
from shared.web.secrets_routes import reseal_router

SURFACE = Surface(
    name="publisher",
    title="Greenroom publisher",
    banner="PUBLISHER · what you publish here is what users meet",
    description="The bridge from draft to live: checks, copies, proves, switches.",
)
Connecting = Callable[[str, str, str | None, float], Peer]

_TICK_SECONDS = 15
_SWEEP_EVERY = timedelta(days=1)

log = structlog.get_logger()


def publisher_app(settings: PublisherSettings, jobs: Jobs, connecting: Connecting = connect) -> FastAPI:
    """`connecting` makes the way to a neighbour: by name, URL, key and patience."""
    db = Database(settings.service.database_url)
    keys = KeyRing(db, keys_table, audit_table)
    draft = Draft(connecting("draft", settings.draft_url, settings.service.peer_key, settings.patience_seconds))
    targets = {target.name: _target(target, settings, connecting) for target in settings.targets}
    bridge, live = BridgeParts(db, jobs, draft, targets), targets["live"].live
    secrets = Secrets(keys_source(settings.service.secrets_key, settings.service.secrets_file))
    stopping, started = threading.Event(), {"started": False}

    def prepare() -> None:
        migrate(db, "publisher")
        refuse_unknown_keys(db, SEALED, secrets)
        reseal(db, SEALED, secrets)
        use_text_keys(db, text_keys, secrets)
        keys.ensure(ADMIN, settings.service.admin_key, ("admin",))

    def start() -> None:
        once_there(db, prepare)
        jobs.launch(
            {
                "publication": Publishing(db, draft, targets).run,
                "inbox_sync": InboxSync(db, draft, live).run,
                "erasure": Erasing(db, draft, targets).run,
                "impact": Weighing(db, draft, targets).run,
            }
        )
        with db.reading() as connection:
            left = {
                "publication": unfinished(connection),
                "inbox_sync": unfinished_syncs(connection),
                "erasure": unfinished_erasures(connection),
                "impact": unfinished_impacts(connection),
            }
        for kind, found in left.items():
            for job in found:
                jobs.start(kind, job)
        threading.Thread(target=tick, daemon=True, name="tick").start()
        started["started"] = True

    def tick() -> None:
        """What is due; a database that is away is asked again at the next tick."""
        next_sweep = now()
        while not stopping.wait(_TICK_SECONDS):
            try:
                with db.writing() as connection:
                    due = take_due(connection, now())
                for found in due:
                    jobs.start("inbox_sync", found)
                if now() >= next_sweep:
                    next_sweep = now() + _SWEEP_EVERY
                    with db.writing() as connection:
                        log.info("documents_swept", documents=sweep(connection, now()))
            except Exception:
                log.exception("tick_interrupted")

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
        routers=[
            board_router(settings),
            bots.router,
            plans.router,
            publications.router,
            releases.router,
            unpublishing.router,
            status.router,
            pulling.router,
            audit_routes.router,
            audit_router(db, audit_table),
            reseal_router(db, audit_table, secrets, SEALED),
            inbox_routes.router,
            personal_routes.router,
        ],
        find_bot=bridge.bot_id,
    )
    app.state.bridge = bridge
    return app


def _target(target: TargetSettings, settings: PublisherSettings, connecting: Connecting) -> TargetParts:
    peer = connecting(target.name, target.url, target.key or settings.service.peer_key, settings.patience_seconds)
    return TargetParts(Live(peer), target.public_url)
