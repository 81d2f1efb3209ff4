"""Many pages that wait: what a thousand open chats cost live, and how soon an answer is on a page meanwhile.

    greenroom up --data /tmp/stage &
    python -m bench.webchat --data /tmp/stage --pages 1000

Every page has a session and an event stream of its own, and says nothing. Beside them one page says something, reads
the answer from its own stream, and says the next thing: before, and while the others wait. Prints memory and times.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.accuracy import Stage, ok, publish

SAYINGS = 50


@dataclass(frozen=True)
class Waiting:
    """Megabytes resident, and milliseconds from saying something to the answer on the page."""

    pages: int
    memory_before: float
    memory_with: float
    alone_p50: float
    alone_p95: float
    crowded_p50: float
    crowded_p95: float


class Page:
    """One chat over one connection of its own for the stream."""

    def __init__(self, live: httpx.AsyncClient, chat: str) -> None:
        self._live, self._chat, self._token = live, chat, ""

    async def arrive(self) -> None:
        self._token = (await self._live.post(f"{self._chat}/sessions", json={})).raise_for_status().json()["token"]
        host, port = self._live.base_url.host, self._live.base_url.port
        self._reader, self._writer = await asyncio.open_connection(host, port)
        head = f"GET {self._chat}/events?after=0-0 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self._token}\r\n"
        self._writer.write(f"{head}\r\n".encode())
        await self._reader.readuntil(b": here")

    async def say(self, text: str) -> float:
        """Milliseconds until the answer is here."""
        began = time.perf_counter()
        hear = self._chat.removesuffix("/webchat") + "/webhook"
        told = await self._live.post(
            hear, json={"id": text, "text": text}, headers={"Authorization": f"Bearer {self._token}"}
        )
        told.raise_for_status()
        await self._reader.readuntil(b"event: said")
        return 1000 * (time.perf_counter() - began)

    def leave(self) -> None:
        self._writer.close()


def memory(process: int) -> float:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


async def measure(live: str, chat: str, process: int, pages: int) -> Waiting:
    async with httpx.AsyncClient(base_url=live, timeout=60) as client:
        talker = Page(client, chat)
        await talker.arrive()
        alone = [await talker.say(f"alone {number}") for number in range(SAYINGS)]
        before = memory(process)
        crowd = [Page(client, chat) for _ in range(pages)]
        for some in (crowd[start : start + 20] for start in range(0, pages, 20)):
            await asyncio.gather(*(page.arrive() for page in some))
        crowded = [await talker.say(f"crowded {number}") for number in range(SAYINGS)]
        found = Waiting(pages, before, memory(process), *middle(alone), *middle(crowded))
        for page in (*crowd, talker):
            with suppress(OSError):
                page.leave()
        return found


def middle(times: Sequence[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def open_chat(stage: Stage) -> str:
    """Of a bot without intents: it needs no training."""
    bot = ok(stage.draft.post("/v1/bots", json={"name": f"webchat {time.time_ns()}"}))["id"]
    publish(stage, bot)
    body: dict[str, Any] = {"kind": "webchat", "name": "bench"}
    return f"/v1/channels/{ok(stage.live.post(f'/v1/bots/{bot}/channels', json=body))['id']}/webchat"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of a running `greenroom up`")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    stage = Stage(given.data)
    process = int((given.data / "run" / "live.pid").read_text())
    row = asyncio.run(measure(str(stage.live.base_url), open_chat(stage), process, given.pages))
    if given.json:
        print(json.dumps(asdict(row)))
        return
    print(f"| web chat, {row.pages} pages waiting | before | with them |\n| --- | --- | --- |")
    print(f"| live's memory, MB | {row.memory_before:.0f} | {row.memory_with:.0f} |")
    print(f"| said to answered on the page, p50 ms | {row.alone_p50:.0f} | {row.crowded_p50:.0f} |")
    print(f"| p95 ms | {row.alone_p95:.0f} | {row.crowded_p95:.0f} |")


if __name__ == "__main__":
    main()
