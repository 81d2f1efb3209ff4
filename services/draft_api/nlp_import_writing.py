"""An import as it is written: what is there already, what a replacement takes away, what comes in."""

from sqlalchemy import Connection, delete, func, select

from services.draft_api.documents import write_document
from services.draft_api.expressions import Expression, insert_expressions
from services.draft_api.foreign.export import Export
from services.draft_api.intents import create_intent, refuse_used, unlink_intents
from services.draft_api.nlp_import import ImportPlan, Place
from services.draft_api.store import intent_names
from services.draft_api.tables import entities, expressions, intents
from services.draft_api.wording import MOST_INTENTS
from shared.ids import new_id


def taken_places(connection: Connection, bot_id: str) -> dict[Place, str]:
    owner = (intents.c.bot_id == expressions.c.bot_id) & (intents.c.id == expressions.c.intent_id)
    query = select(expressions.c.language, expressions.c.normal, intents.c.name).join(intents, owner)
    rows = connection.execute(query.where(expressions.c.bot_id == bot_id))
    return {(row.language, row.normal): row.name for row in rows}


def clear_nlp(connection: Connection, bot_id: str, kept: set[str], unlink: bool) -> None:
    """Replacing matches intents by name, so that their ids stay (T6); the others go, if no block uses them (T12)."""
    gone = {intent: name for intent, name in intent_names(connection, bot_id).items() if name not in kept}
    if unlink:
        unlink_intents(connection, bot_id, set(gone))
    else:
        refuse_used(connection, bot_id, gone)
    connection.execute(delete(expressions).where(expressions.c.bot_id == bot_id))
    for intent in gone:
        connection.execute(delete(intents).where(intents.c.bot_id == bot_id, intents.c.id == intent))


def write_plan(connection: Connection, bot_id: str, plan: ImportPlan, export: Export) -> None:
    """Intents, expressions and entities; an entity that is there already is written anew."""
    ids = {name: intent for intent, name in intent_names(connection, bot_id).items()}
    for name in dict.fromkeys((*export.intents, *(accepted.row.intent for accepted in plan.accepted))):
        ids[name] = ids.get(name) or create_intent(connection, bot_id, name)
    rows = [
        (Expression(id=new_id("expr"), text=a.row.text, language=a.place[0]), ids[a.row.intent], a.place[1])
        for a in plan.accepted
    ]
    insert_expressions(connection, bot_id, rows)
    for name, entity in export.entities.items():
        write_document(connection, entities, bot_id, name, entity.document())


def has_expressions(connection: Connection, bot_id: str) -> bool:
    query = select(expressions.c.id).where(expressions.c.bot_id == bot_id).limit(1)
    return connection.execute(query).first() is not None


def crowded(connection: Connection, bot_id: str) -> dict[str, int]:
    """The languages in which more intents have expressions than a training takes, with how many."""
    count = func.count(expressions.c.intent_id.distinct()).label("intents")
    query = select(expressions.c.language, count).where(expressions.c.bot_id == bot_id)
    rows = connection.execute(query.group_by(expressions.c.language).having(count > MOST_INTENTS))
    return {row.language: row.intents for row in rows}
