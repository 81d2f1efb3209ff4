"""What the emulator asks the world outside for, with draft's own secrets: on the thread that waits for the answer."""

from anyio import from_thread, to_thread

from services.draft_api.desk import DeskParts
from services.draft_api.tables import secrets as secrets_table
from shared.calling import make_call
from shared.flows.effects import HttpCall, HttpOutcome
from shared.sealed import open_secret


def call_out(desk: DeskParts, bot: str, call: HttpCall) -> HttpOutcome:
    """From a thread of the pool: the connections belong to the event loop."""

    async def read(name: str) -> str | None:
        return await to_thread.run_sync(_read, desk, bot, name)

    return from_thread.run(make_call, desk.egress, call, read)


def _read(desk: DeskParts, bot: str, name: str) -> str | None:
    with desk.db.reading() as connection:
        return open_secret(connection, secrets_table, desk.secrets, bot, name)
