"""The live service put together: wiring happens here, once, at start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from services.live_api import (
    activation,
    analytics_routes,
    blobs,
    bot_settings,
    bots,
    cases,
    channel_routes,
    classify,
    conversations,
    flows,
    handover_routes,
    impact,
    kept,
    log_routes,
    messages,
    parked_routes,
    personal_routes,
    rasa_routes,
    releases,
    standing,
    webhooks,
)
from services.live_api.channel_book import ChannelBook
from services.live_api.classify import answer_plain
from services.live_api.delivery import Delivery
from services.live_api.encoding import Encoding
from services.live_api.floor import FloorParts
from services.live_api.following import Follower
from services.live_api.group_commit import GroupCommit
from services.live_api.handover_webhook import with_handover
from services.live_api.inbox import Inbox
from services.live_api.measures import add_measures, webhooks_counter
from services.live_api.origins import Origins
from services.live_api.outward import Outward
from services.live_api.processing import Processing
from services.live_api.roster import Roster
from services.live_api.routes import Ask, Carrier, routes_by
from services.live_api.sending import Sending
from services.live_api.settings import LiveSettings
from services.live_api.shortcut import Classifying, Listening, Shortcut
from services.live_api.sweeping import Sweeper
from services.live_api.tables import SEALED, text_keys
from services.live_api.tables import audit as audit_table
from services.live_api.tables import keys as keys_table
from services.live_api.tables import secrets as secrets_table
from services.live_api.talk import Talk
from services.live_api.tending import Tending
from services.live_api.webchat import routes as webchat_routes
from services.live_api.webchat.watching import Watchers
from services.live_api.webhooks import listen
from shared.artifacts import StoredArtifacts
from shared.db import Database
from shared.destinations import rules_of
from shared.egress import Egress
from shared.ids import new_id
from shared.schema import migrate
from shared.sealed import refuse_unknown_keys, reseal
from shared.secrets import Secrets, keys_source
from shared.settings import ServiceSettings
from shared.text_keys import use_text_keys
from shared.web.app import Surface, create_app
from shared.web.arriving import once_there
from shared.web.audit_routes import audit_router
from shared.web.explorer import begin_at_explorer
from shared.web.keys import ADMIN, KeyRing
from shared.web.secrets_routes import Drawer, secrets_router

SURFACES = {
    "live": Surface(
        name="live",
        title="Greenroom LIVE",
        banner="LIVE · real users talk to what you see here",
        description="Answers people with what was published. Everything here is LIVE.",
    ),
    "preview": Surface(
        name="preview",
        title="Greenroom PREVIEW",
        banner="PREVIEW · rehearsal with real channels",
        description="Answers with what was published to the preview. LIVE is another service, untouched from here.",
    ),
}
ROUTERS = (
    classify.router,
    conversations.router,
    bots.router,
    flows.router,
    bot_settings.router,
    activation.router,
    analytics_routes.router,
    log_routes.router,
    releases.router,
    cases.router,
    impact.router,
    messages.router,
    personal_routes.router,
    blobs.router,
    standing.router,
    kept.router,
    channel_routes.router,
    webhooks.router,
    parked_routes.router,
    handover_routes.router,
    webchat_routes.router,
    rasa_routes.router,
)
PEER_SCOPES = ("live:release", "live:read")


def live_app(settings: ServiceSettings, own: LiveSettings, ask: Ask | None = None) -> Shortcut:
    surface = surface_of(own.environment)
    db = Database(settings.database_url)
    keys = KeyRing(db, keys_table, audit_table)
    floor = assemble(settings, own, db, ask)
    sweeper = Sweeper(db, floor.artifacts, floor.roster, own.keep)
    tend = floor.delivery.tending.look
    follower = Follower(db, floor.roster, own, floor.process, floor.talk.busy, sweeper.sweep, tend)
    drawer = Drawer(db, secrets_table, audit_table, floor.secrets, SEALED, lambda _, *asked: floor.settable(*asked))
    started = {"bots": False}

    def prepare() -> None:
        migrate(db, "live")
        refuse_unknown_keys(db, SEALED, floor.secrets)
        reseal(db, SEALED, floor.secrets)
        use_text_keys(db, text_keys, floor.secrets)
        keys.ensure(ADMIN, settings.admin_key, ("admin",))
        keys.ensure("publisher", settings.peer_key, PEER_SCOPES)
        follower.look()
        floor.delivery.tending.begin()

    def start() -> None:
        once_there(db, prepare)
        floor.encoding.start()
        floor.group.start()
        follower.start()
        started["bots"] = True

    def stop() -> None:
        follower.stop()
        floor.group.stop()
        floor.encoding.stop()
        floor.inspector.close()
        floor.backstage.close()
        db.dispose()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(start)
        floor.delivery.start()
        yield
        await floor.delivery.stop()
        await run_in_threadpool(stop)
        await floor.egress.close()

    app = create_app(
        surface,
        settings,
        db,
        keys,
        ready=lambda: {**started, "unavailable": floor.roster.unavailable()},
        lifespan=lifespan,
        routers=(*ROUTERS, audit_router(db, audit_table), secrets_router(drawer, "live:read", "live:edit")),
        find_bot=floor.settable,
    )
    begin_at_explorer(app)
    app.state.floor = floor
    app.state.watchers = Watchers(db)
    app.add_middleware(Origins, book=floor.channels)
    app.state.webhooks = webhooks_counter(app.state.registry)
    add_measures(app.state.registry, floor)
    # Ahead of the door nobody is counted.
    ways = (
        ()
        if settings.rate_limit
        else (
            Classifying(partial(answer_plain, floor), keys, app.state.max_body_bytes),
            Listening(partial(listen, floor, app.state.webhooks)),
        )
    )
    return Shortcut(app, surface.name, ways)


def surface_of(environment: str) -> Surface:
    """Raises ValueError for an environment that is neither live nor preview."""
    if environment not in SURFACES:
        raise ValueError(f"GREENROOM_ENVIRONMENT={environment}: it is one of {', '.join(SURFACES)}")
    return SURFACES[environment]


def assemble(settings: ServiceSettings, own: LiveSettings, db: Database, ask: Ask | None) -> FloorParts:
    artifacts = StoredArtifacts(settings.artifacts_url)
    roster = Roster(db, artifacts)
    encoding = Encoding(own.waiting_texts)
    group = GroupCommit(db, own.waiting_writes)
    process = new_id("live")
    secrets = Secrets(keys_source(settings.secrets_key, settings.secrets_file))
    channels = ChannelBook(db, secrets)
    egress = Egress(rules_of(settings.egress_allow, settings.egress_deny))
    outward = Outward(db, egress, secrets)
    carrier = Carrier(with_handover(db, secrets, routes_by(channels)), ask or outward.ask)
    sending = Sending(group, carrier, process, own.delivery)
    talk = Talk(db, roster, encoding, group, sending, outward.call)
    processing = Processing(group, roster, talk, process, own.delivery)
    return FloorParts(
        db=db,
        artifacts=artifacts,
        roster=roster,
        encoding=encoding,
        group=group,
        talk=talk,
        delivery=Delivery(
            inbox=Inbox(group, processing),
            processing=processing,
            sending=sending,
            tending=Tending(db, process, own.delivery.lease_seconds, processing.in_hand, sending.in_hand),
        ),
        egress=egress,
        settings=own,
        process=process,
        secrets=secrets,
        channels=channels,
    )
