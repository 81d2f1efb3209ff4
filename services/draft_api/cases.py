"""Regression cases of a bot (P16): written here, run here at any time, and by every publication on its candidate."""

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, delete, func, select

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import documents_of, write_document
from services.draft_api.rehearsal import trained_brain
from services.draft_api.resources import Named
from services.draft_api.store import find_bot, find_named_intent, languages_of, now
from services.draft_api.tables import cases
from shared.cases import Case, CaseResult
from shared.errors import InvalidError, NotFoundError
from shared.trial import run_case
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, etag_of, require_match
from shared.web.routing import Empty, Router

router = Router(prefix="/v1/bots/{bot}/cases", tags=["regression cases"])

MOST_CASES = 1000


class CaseBody(Case):
    """`intent` by id or name; null for a text that must not be understood."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"steps": [{"text": "hello", "replies": ["Good morning!"]}, {"text": "bye"}]}],
        }
    )


class ShownCase(BaseModel):
    name: str
    case: Case


class CasesRun(BaseModel):
    passed: int
    failed: int
    results: list[CaseResult]


@router.put("/{case}", summary="Write a regression case")
def put(
    bot: str, case: Named, body: CaseBody, desk: Desk, key: Writer, response: Response, if_match: IfMatch = None
) -> ShownCase:
    """Intents are kept by their ids, so that a new name fails no case."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        if body.language is not None and body.language not in languages_of(row):
            raise InvalidError("unknown_language", f"This bot does not speak {body.language!r}.")
        _require_match(connection, row["id"], case, if_match)
        kept = body.naming(lambda intent: str(find_named_intent(connection, row["id"], intent)["id"]))
        _refuse_too_many(connection, row["id"], case)
        write_document(connection, cases, row["id"], case, kept.document())
    response.headers["ETag"] = etag_of(kept.document())
    return ShownCase(name=case, case=kept)


@router.get("", summary="List regression cases")
def list_all(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[ShownCase]:
    """A bot has at most 1,000."""
    with desk.db.reading() as connection:
        found = cases_of(connection, find_bot(connection, bot, key.bot)["id"])
    shown = [ShownCase(name=name, case=case) for name, case in found.items()]
    return cut(shown, limit, cursor, key=lambda item: (item.name,))


@router.get("/{case}", summary="Show a regression case")
def show(bot: str, case: Named, desk: Desk, key: Reader, response: Response) -> ShownCase:
    with desk.db.reading() as connection:
        found = cases_of(connection, find_bot(connection, bot, key.bot)["id"]).get(case)
    if found is None:
        raise _absent(case)
    response.headers["ETag"] = etag_of(found.document())
    return ShownCase(name=case, case=found)


@router.delete("/{case}", status_code=204, summary="Delete a regression case")
def remove(bot: str, case: Named, desk: Desk, key: Writer, if_match: IfMatch = None) -> Response:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        _require_match(connection, bot_id, case, if_match)
        here = cases.c.bot_id == bot_id, cases.c.name == case
        if connection.execute(delete(cases).where(*here)).rowcount == 0:
            raise _absent(case)
    return Response(status_code=204)


@router.post("/run", summary="Run regression cases")
def run(bot: str, desk: Desk, key: Reader, _body: Empty = Empty()) -> CasesRun:
    """With the models and flows that draft has now, and the bot's thresholds. Nobody outside is called."""
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        brain = trained_brain(desk.rehearsal, connection, row)
        found = cases_of(connection, row["id"])
    env, moment = orjson.loads(row["env"]), now()
    results = [run_case(brain, name, case, env, moment) for name, case in found.items()]
    passed = sum(result.passed for result in results)
    return CasesRun(passed=passed, failed=len(results) - passed, results=results)


def cases_of(connection: Connection, bot_id: str) -> dict[str, Case]:
    """By name, in the order of names."""
    found = documents_of(connection, cases, bot_id)
    return {name: Case.model_validate(found[name]) for name in sorted(found)}


def _require_match(connection: Connection, bot_id: str, case: str, if_match: str | None) -> None:
    if if_match is not None:
        before = cases_of(connection, bot_id).get(case)
        require_match(if_match, None if before is None else etag_of(before.document()))


def _refuse_too_many(connection: Connection, bot_id: str, case: str) -> None:
    others = select(func.count()).where(cases.c.bot_id == bot_id, cases.c.name != case)
    if connection.execute(others).scalar_one() >= MOST_CASES:
        raise InvalidError("too_many_cases", f"A bot has at most {MOST_CASES} regression cases.")


def _absent(case: str) -> NotFoundError:
    return NotFoundError("not_found", f"The bot has no regression case {case!r}.")
