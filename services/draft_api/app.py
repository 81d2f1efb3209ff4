"""The draft service put together: wiring happens here, once, at start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from services.draft_api import (
    bots,
    bundles,
    expressions,
    flows,
    inbox,
    intents,
    nlp_routes,
    publishing,
    resources,
    trainings,
    tryout,
)
from services.draft_api.desk import DeskParts
from services.draft_api.rehearsal import Rehearsal
from services.draft_api.tables import keys as keys_table
from services.draft_api.training.encoder_folder import installed_encoder
from services.draft_api.training_job import TrainingJob, unfinished_trainings
from shared.artifacts import StoredArtifacts
from shared.db import Database
from shared.jobs import Jobs
from shared.schema import migrate
from shared.settings import ServiceSettings
from shared.web.app import Surface, create_app
from shared.web.keys import KeyRing

SURFACE = Surface(name="draft", title="Greenroom draft", environment="draft")
PEER_SCOPES = ("draft:read", "draft:write")
