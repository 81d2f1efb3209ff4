"""The draft service put together: wiring happens here, once, at start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from services.draft_api import (
    bots,
    bundles,
    cases,
    entity_values,
    evaluations,
    expressions,
    flows,
    import_routes,
    inbox,
    inbox_groups,
    intents,
    models,
    nlp_import_routes,
    nlp_routes,
    personal_routes,
    publishing,
    pulls,
    resources,
    restorations,
    snapshots,
    trainings,
    tryout,
)
from services.draft_api.desk import DeskParts
from services.draft_api.forgetting import Forgetting
from services.draft_api.rehearsal import Rehearsal
from services.draft_api.store import find_bot
from services.draft_api.tables import SEALED, text_keys
from services.draft_api.tables import audit as audit_table
from services.draft_api.tables import keys as keys_table
from services.draft_api.tables import secrets as secrets_table
from services.draft_api.trainers import SILENCE_SECONDS, Trainers
from services.draft_api.training.encoder_folder import installed_encoder
from services.draft_api.training_job import TrainingJob, unfinished_trainings
from shared.artifacts import StoredArtifacts
from shared.db import Database
from shared.destinations import rules_of
from shared.egress import Egress
from shared.jobs import Jobs
from shared.schema import migrate
from shared.sealed import refuse_unknown_keys, reseal
from shared.secrets import Secrets, keys_source
from shared.settings import ServiceSettings
from shared.text_keys import use_text_keys
from shared.web.app import Surface, create_app
from shared.web.arriving import once_there
from shared.web.audit_routes import audit_router
from shared.web.explorer import begin_at_explorer
from shared.web.keys import ADMIN, KeyRing, Principal
from shared.web.secrets_routes import Drawer, secrets_router

SURFACE = Surface(
    name="draft",
    title="Greenroom draft",
    banner="DRAFT · nothing here is seen by users until it is published",
    description="Where a bot is written, trained and tried out.",
)
PEER_SCOPES = ("draft:read", "draft:write")


def draft_app(settings: ServiceSettings, jobs: Jobs, silence_seconds: float = SILENCE_SECONDS) -> FastAPI:
    """`silence_seconds`: a training that says nothing for so long has failed."""
    db = Database(settings.database_url)
    keys = KeyRing(db, keys_table, audit_table)
    artifacts = StoredArtifacts(settings.artifacts_url)
    scratch = settings.data / "draft" / "trainings"
    trainers = Trainers(scratch.parent / "embeddings", silence_seconds)
    secrets = Secrets(keys_source(settings.secrets_key, settings.secrets_file))
    egress = Egress(rules_of(settings.egress_allow, settings.egress_deny))
    drawer = Drawer(db, secrets_table, audit_table, secrets, SEALED, _bot_id)
    started = {"started": False}

    def prepare() -> None:
        migrate(db, "draft")
        refuse_unknown_keys(db, SEALED, secrets)
        reseal(db, SEALED, secrets)
        use_text_keys(db, text_keys, secrets)
        keys.ensure(ADMIN, settings.admin_key, ("admin",))
        keys.ensure("publisher", settings.peer_key, PEER_SCOPES)

    def start() -> None:
        once_there(db, prepare)
        jobs.launch({"training": TrainingJob(db, artifacts, scratch, trainers).run})
        with db.reading() as connection:
            left = unfinished_trainings(connection)
        for training in left:
            jobs.start("training", training)
        started["started"] = True

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(start)
        forgetting = Forgetting(db)
        forgetting.start()
        yield
        forgetting.stop()
        await run_in_threadpool(jobs.close)
        await run_in_threadpool(trainers.close)
        await egress.close()
        db.dispose()

    def find(bot: str, key: Principal) -> str:
        with db.reading() as connection:
            return _bot_id(connection, bot, key)

    app = create_app(
        SURFACE,
        settings,
        db,
        keys,
        ready=lambda: dict(started),
        lifespan=lifespan,
        routers=[
            bundles.router,
            import_routes.router,
            snapshots.router,
            restorations.router,
            pulls.router,
            audit_router(db, audit_table),
            secrets_router(drawer, "draft:read", "draft:write"),
            bots.router,
            intents.router,
            expressions.router,
            nlp_routes.router,
            nlp_import_routes.router,
            trainings.router,
            models.router,
            evaluations.router,
            flows.router,
            resources.router,
            entity_values.router,
            tryout.router,
            cases.router,
            inbox.router,
            personal_routes.router,
            inbox_groups.router,
            publishing.router,
        ],
        find_bot=find,
    )
    begin_at_explorer(app)
    app.state.desk = DeskParts(
        db=db,
        artifacts=artifacts,
        jobs=jobs,
        rehearsal=Rehearsal(artifacts),
        trainers=trainers,
        default_profile="default" if installed_encoder() else "fast",
        secrets=secrets,
        egress=egress,
    )
    return app


def _bot_id(connection: Connection, bot: str, key: Principal) -> str:
    return str(find_bot(connection, bot, key.bot)["id"])
