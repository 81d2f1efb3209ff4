"""How long it takes to count and to erase in a live database that remembers a lot.

    python -m bench.remembering [--messages 1000000] [--url postgresql://...] [--plain]

Prints the time of each table of the analytics over everything, and of erasing one person with a thousand messages, the
emptying of the write-ahead log included. Times are of one run each, in seconds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from services.live_api import analytics
from services.live_api.analytics import Range
from services.live_api.personal import erase
from services.live_api.tables import HOLDING_TEXT, conversations, messages, text_keys
from shared.db import Database
from shared.schema import migrate
from shared.secrets import Secrets, new_key, parse_keys
from shared.text_keys import use_text_keys

BOT, DAYS = "bot_bench", 90
USERS_SHARE, AT_A_TIME, OF_ONE = 20, 10_000, 1000
INTENTS, BLOCKS = 40, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--url", default=None, help="An empty database; a SQLite file of its own unless said.")
    parser.add_argument("--plain", action="store_true", help="As an installation without a secrets key keeps it.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(given.url or f"sqlite:///{Path(folder) / 'live.db'}")
        migrate(db, "live")
        if not given.plain:
            use_text_keys(db, text_keys, Secrets(partial(parse_keys, new_key())))
        _fill(db, given.messages)
        _measure(db)
        db.dispose()


def _fill(db: Database, count: int) -> None:
    now = datetime.now(UTC)
    users = max(count // USERS_SHARE, 1)
    for start in range(0, count, AT_A_TIME):
        with db.writing() as connection:
            rows = [_message(number, users, now) for number in range(start, min(start + AT_A_TIME, count))]
            connection.execute(insert(messages), rows)
    for start in range(0, users, AT_A_TIME):
        with db.writing() as connection:
            connection.execute(insert(conversations), list(_conversations(start, min(start + AT_A_TIME, users), now)))


def _message(number: int, users: int, now: datetime) -> dict[str, Any]:
    """The first thousand are of one person; every fourth is not understood."""
    user = "user_0" if number < OF_ONE else f"user_{number % users}"
    understood = number % 4 != 0
    return {
        "id": f"msg_{number}",
        "bot_id": BOT,
        "conversation": user,
        "user_id": user,
        "text": f"when does ferry {number % 5000} leave",
        "language": "en",
        "understood": understood,
        "reason": None if understood else "below_threshold",
        "intent_id": f"int_{number % INTENTS}" if understood else None,
        "intent_name": f"intent {number % INTENTS}" if understood else None,
        "exact": False,
        "replies": '[{"text":"Every hour."}]',
        "block": f"block_{number % BLOCKS}",
        "release_number": 1,
        "received_at": now - timedelta(seconds=number * DAYS * 86_400 // 1_100_000),
        "body_hash": "sha256:x",
    }


def _conversations(start: int, end: int, now: datetime) -> Iterator[dict[str, Any]]:
    same = {"bot_id": BOT, "state": "{}", "version": 1, "release_number": 1, "release_digest": "x", "language": "en"}
    for number in range(start, end):
        yield {"id": f"user_{number}", "user_id": f"user_{number}", "started_at": now, "last_at": now, **same}


def _measure(db: Database) -> None:
    today = datetime.now(UTC)
    everything = Range(today.date() - timedelta(days=DAYS), today.date(), today - timedelta(days=3650))
    for name in ("totals", "days", "by_channel", "intents", "blocks", "not_understood"):
        count: Callable[..., Any] = getattr(analytics, name)
        with db.reading() as connection:
            _timed(f"analytics {name}", partial(count, connection, BOT, everything))

    def forget() -> int:
        with db.writing() as connection:
            gone = erase(connection, BOT, "user_0")
        db.scrub(HOLDING_TEXT)
        return gone.messages

    print(f"erased {_timed('erasing one person', forget)} messages")


def _timed(what: str, run: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = run()
    print(f"{what}: {time.perf_counter() - began:.2f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
