"""NLP as a whole: status and export."""

from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel

from services.draft_api.desk import Desk, Reader
from services.draft_api.nlp import NlpIntent
from services.draft_api.nlp_import import Row, write_csv, write_jsonl
from services.draft_api.nlp_status import language_states
from services.draft_api.store import find_bot, find_intent, languages_of
from shared.contracts import NlpStatus
from shared.errors import InvalidError
from shared.web.describing import TEXT
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/nlp", tags=["nlp"])


class LanguageStatus(BaseModel):
    status: NlpStatus
    fingerprint: str
    model: str | None
    trained_at: Any
    error: str | None


class NlpState(BaseModel):
    languages: dict[str, LanguageStatus]


@router.get("", summary="Show how the NLP stands")
def status(bot: str, desk: Desk, key: Reader) -> NlpState:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        states = language_states(connection, row["id"], desk.nlp.get(connection, row))
    return NlpState(
        languages={
            language: LanguageStatus(
                status=state.status,
                fingerprint=state.fingerprint,
                model=state.model.digest if state.model else None,
                trained_at=state.trained_at,
                error=state.error,
            )
            for language, state in states.items()
        }
    )


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {"text/csv": TEXT, "application/x-ndjson": TEXT}}},
    summary="Export intents and expressions",
)
def export_nlp(
    bot: str,
    desk: Desk,
    key: Reader,
    format: Literal["csv", "jsonl"] = "csv",
    language: Annotated[list[str] | None, Query()] = None,
    intent: Annotated[list[str] | None, Query()] = None,
) -> Response:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        chosen = {find_intent(connection, row["id"], asked)["id"] for asked in intent or ()}
        nlp = desk.nlp.get(connection, row)
    unknown = sorted({*(language or ())} - {*languages_of(row)})
    if unknown:
        raise InvalidError("unknown_language", f"This bot does not speak {unknown[0]!r}.")
    rows = [
        exported
        for i in nlp.intents
        if not chosen or i.id in chosen
        for exported in _rows(i)
        if not language or exported.language is None or exported.language in language
    ]
    if format == "csv":
        return Response(write_csv(rows), media_type="text/csv; charset=utf-8")
    return Response(write_jsonl(rows), media_type="application/x-ndjson")


def _rows(intent: NlpIntent) -> list[Row]:
    """An intent without expressions has a row too, so that nothing is lost on the way back."""
    if not intent.expressions:
        return [Row(0, "", intent.name, None)]
    return [Row(0, text, intent.name, spoken) for spoken, texts in sorted(intent.expressions.items()) for text in texts]
