"""How good the bot is in one language, and what to do about it (T8): as data, and as a page to read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, select

from services.draft_api.desk import Desk, DeskParts, Reader
from services.draft_api.documents import read_flows
from services.draft_api.evaluation.advice import Advice, Circumstances, advise_builder
from services.draft_api.evaluation.change import Change, change_between
from services.draft_api.evaluation.document import Evaluation
from services.draft_api.evaluation.report import Subject, report
from services.draft_api.evaluation.thresholds import ThresholdAdvice, advise, unpack
from services.draft_api.models import find_model
from services.draft_api.store import find_bot, languages_of, settings_of
from services.draft_api.tables import models, trained_languages, trainings
from services.draft_api.training.encoder_folder import available_profiles
from services.draft_api.training.encoder_languages import needs_multilingual
from shared.contracts import BotSettings, Flow, ModelManifest
from shared.db import utc
from shared.errors import ConflictError, InvalidError
from shared.web.describing import TEXT
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/evaluation", tags=["training"])

# The report loads nothing from anywhere, and its style is all that it brings.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_HISTORY = 50


class Trained(BaseModel):
    """One training of this language, as it is remembered in the history."""

    training: str
    trained_at: datetime
    model: str
    accuracy: float | None
    calibration_error: float | None
    expressions: int | None


class BotEvaluation(BaseModel):
    """Of the model that the language has now; `languages` are all that the bot speaks, each with one of its own.

    `change` compares with `since`, the model of the training before that gave another one. `history` begins with
    the newest training. `thresholds` are tried with the bot's present settings; `asks` says that the bot has a block
    to ask with which of several intents was meant.
    """

    bot: str
    language: str
    languages: list[str]
    model: str
    profile: str
    trained_at: datetime
    evaluation: Evaluation
    thresholds: ThresholdAdvice | None
    asks: bool
    since: str | None
    change: Change | None
    history: list[Trained]
    advice: list[Advice]


@router.get("", responses={409: {}}, summary="Show an evaluation")
def show(bot: str, desk: Desk, key: Reader, language: str | None = None) -> BotEvaluation:
    """The bot's first language, unless one is named."""
    return _evaluated(desk, bot, key.bot, language)[1]


@router.get(
    "/report",
    response_class=Response,
    responses={200: {"content": {"text/html": TEXT}}, 409: {}},
    summary="Show an evaluation as a page",
)
def page(bot: str, desk: Desk, key: Reader, language: str | None = None) -> Response:
    """One HTML file that needs nothing else: to be saved, printed and sent around."""
    name, found = _evaluated(desk, bot, key.bot, language)
    others = tuple(language for language in found.languages if language != found.language)
    subject = Subject(name, found.language, found.profile, found.trained_at, found.model, others)
    history = [(entry.trained_at, entry.accuracy) for entry in found.history if entry.accuracy is not None]
    html = report(subject, found.evaluation, found.thresholds, found.change, history, found.advice, asks=found.asks)
    return Response(html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})


def _evaluated(desk: DeskParts, bot: str, sees: str | None, language: str | None) -> tuple[str, BotEvaluation]:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, sees)
        spoken = _spoken(row, language)
        model = find_model(connection, row["id"], _current(connection, row, spoken))
        history = _history(connection, row["id"], spoken)
        since = _before(history, model["digest"])
        earlier = find_model(connection, row["id"], since) if since else None
        asks = _asks(read_flows(connection, row["id"]))
    return row["name"], _answer(row, model, settings_of(row).for_language(spoken), earlier, history, asks)


def _answer(
    bot: RowMapping,
    model: RowMapping,
    settings: BotSettings,
    earlier: RowMapping | None,
    history: list[Trained],
    asks: bool,
) -> BotEvaluation:
    manifest = ModelManifest.model_validate_json(model["manifest"])
    evaluation = Evaluation.model_validate_json(model["evaluation"])
    outcomes = model["outcomes"]
    thresholds = advise(unpack(outcomes), settings, manifest.scope_threshold) if outcomes else None
    before = Evaluation.model_validate_json(earlier["evaluation"]) if earlier else None
    return BotEvaluation(
        bot=bot["id"],
        language=manifest.language,
        languages=list(languages_of(bot)),
        model=model["digest"],
        profile=manifest.profile,
        trained_at=utc(model["trained_at"]),
        evaluation=evaluation,
        thresholds=thresholds,
        asks=asks,
        since=earlier["digest"] if earlier else None,
        change=change_between(before, evaluation) if before else None,
        history=history,
        advice=list(advise_builder(evaluation, thresholds, _circumstances(manifest, settings, asks))),
    )


def _circumstances(manifest: ModelManifest, settings: BotSettings, asks: bool) -> Circumstances:
    """A profile that was changed since the training is not to be changed once more."""
    unknown = manifest.encoder is not None and needs_multilingual(manifest.encoder.name, manifest.language)
    return Circumstances(
        language=manifest.language,
        profile=manifest.profile,
        foreign=unknown and settings.profile == manifest.profile,
        installed="multilingual" in available_profiles(),
        asks=asks,
    )


def _asks(flows: Mapping[str, Flow]) -> bool:
    return any(block.get("system") == "did_you_mean" for flow in flows.values() for block in flow.blocks)


def _spoken(bot: RowMapping, asked: str | None) -> str:
    languages = languages_of(bot)
    if asked is not None and asked not in languages:
        raise InvalidError("unknown_language", f"This bot does not speak {asked!r}; it speaks {', '.join(languages)}.")
    return asked or languages[0]


def _current(connection: Connection, bot: RowMapping, language: str) -> str:
    here = trained_languages.c.bot_id == bot["id"], trained_languages.c.language == language
    digest = connection.execute(select(trained_languages.c.model).where(*here)).scalar()
    if digest is None:
        raise ConflictError("nlp_never_trained", f"{bot['name']!r} was never trained in {language!r}: train it first.")
    return str(digest)


def _history(connection: Connection, bot_id: str, language: str) -> list[Trained]:
    """The newest trainings that gave this language a model."""
    known = {row["digest"]: row for row in _figures(connection, bot_id, language)}
    done = select(trainings.c.id, trainings.c.models, trainings.c.ended_at).where(
        trainings.c.bot_id == bot_id, trainings.c.ended_at.is_not(None)
    )
    rows = connection.execute(done.order_by(trainings.c.ended_at.desc(), trainings.c.id.desc())).all()
    found = ((row, orjson.loads(row.models).get(language)) for row in rows)
    return [
        Trained(
            training=row.id,
            trained_at=utc(row.ended_at),
            model=digest,
            accuracy=known[digest]["accuracy"],
            calibration_error=known[digest]["calibration_error"],
            expressions=known[digest]["expressions"],
        )
        for row, digest in found
        if digest in known
    ][:_HISTORY]


def _figures(connection: Connection, bot_id: str, language: str) -> Sequence[RowMapping]:
    columns = models.c.digest, models.c.accuracy, models.c.calibration_error, models.c.expressions
    here = models.c.bot_id == bot_id, models.c.language == language
    return connection.execute(select(*columns).where(*here)).mappings().all()


def _before(history: Sequence[Trained], current: str) -> str | None:
    """The model of the last training before the current one's that gave another."""
    since = next((place for place, entry in enumerate(history) if entry.model == current), 0)
    return next((entry.model for entry in history[since:] if entry.model != current), None)
