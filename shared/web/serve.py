"""Runs a service: `python -m services.<name> --host --port`."""

import argparse
import ctypes
import gc
import logging
import os
import platform
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import structlog
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import MisconfiguredError
from shared.settings import ServiceSettings
from shared.web.keys import strong_enough
from shared.web.lines import Lines
from shared.web.stopping import tell_to_stop
from shared.web.wire import Wire

_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 6
# How long a process may be silent before it is replaced, and how long the one that follows it may take to be ready.
_WORKER_SECONDS = 60
_MISCONFIGURED = 78

# mallopt(3).
_M_ARENA_MAX, _ARENAS = -8, 2


HOW: dict[str, Any] = {
    "http": Wire,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_keep_alive": _KEEP_ALIVE_SECONDS,
    "timeout_graceful_shutdown": _GRACE_SECONDS,
}


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        tell_to_stop()
        super().handle_exit(sig, frame)


def serve(
    name: str, port: int, settings: ServiceSettings, make_app: Callable[[], ASGIApp], worker: str | None = None
) -> None:
    """Ends the process: by SIGTERM with 0, within 10 seconds; with 78 when it must not start as it is set up.

    `worker` is where each of several processes finds its application, as `module:function`; a service that has none
    runs in one process.
    """
    given = _arguments(name, port, several=worker is not None)
    prepare_process()
    _refuse_weak_keys(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    if worker is not None and given.workers > 1:
        if settings.database_url.startswith("sqlite"):
            _refuse("--workers above 1 needs PostgreSQL: one process owns each SQLite file.")
        several = {"workers": given.workers, "timeout_worker_healthcheck": _WORKER_SECONDS}
        uvicorn.run(worker, factory=True, host=given.host, port=given.port, **several, **HOW)
        return
    server = _Server(uvicorn.Config(_made(make_app), host=given.host, port=given.port, **HOW))
    # uvicorn sends itself the signal again once it has finished: that must not end the process before us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run()
    sys.stdout.flush()
    # A job may still run in a thread of the pool. It is durable and goes on after the next start;
    # waiting for it here would keep the process from ending.
    os._exit(0 if server.started else 1)


def _arguments(name: str, port: int, several: bool) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"services.{name}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port)
    if several:
        parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def _refuse_weak_keys(settings: ServiceSettings) -> None:
    for variable, key in (("ADMIN", settings.admin_key), ("PEER", settings.peer_key)):
        if key is None or not strong_enough(key):
            _refuse(f"Set GREENROOM_{variable}_KEY to at least 16 random characters.")
    if settings.admin_key == settings.peer_key:
        _refuse("GREENROOM_ADMIN_KEY and GREENROOM_PEER_KEY must differ: they open different doors.")


def _made(make_app: Callable[[], ASGIApp]) -> ASGIApp:
    """What must not start says why on one line, whether that shows when it is made or when it starts."""
    try:
        app = make_app()
    except MisconfiguredError as wrong:
        _refuse(str(wrong))

    async def explained(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            wrong = sys.exception()
            if message["type"] == "lifespan.startup.failed" and isinstance(wrong, MisconfiguredError):
                # Not by an exception: uvicorn would take it for an application that knows no lifespan, and serve it.
                print(wrong, file=sys.stderr, flush=True)
                os._exit(_MISCONFIGURED)
            await send(message)

        await app(scope, receive, tell if scope["type"] == "lifespan" else send)

    return explained


def _refuse(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(_MISCONFIGURED)


def prepare_process() -> None:
    """What every process of a service starts with."""
    _log_as_json()
    # Releases are large and stay. To look through all of them for cycles as often as Python does by default stops
    # the process for a tenth of a second at a time; what is young is still looked through every 10,000 objects.
    gc.set_threshold(10_000, 20, 50)
    # A request passes from thread to thread and waits for the interpreter at each: 5 ms, by default, behind one that
    # loads a release.
    sys.setswitchinterval(0.0005)
    _few_arenas()


def prepare_worker() -> None:
    """What one of several processes starts with, while uvicorn listens for signals already."""
    prepare_process()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _telling(signal.getsignal(number)))


def _telling(before: Any) -> Callable[[int, FrameType | None], None]:
    """Answers that go on for long are to hear of it too: the process would wait for them in vain."""

    def told(number: int, frame: FrameType | None) -> None:
        tell_to_stop()
        before(number, frame)

    return told


def _few_arenas() -> None:
    """glibc gives each thread an arena, up to eight a core, and returns little of what was freed in them: a live
    process that releases pass through would grow with every thread that ever made one ready.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def _log_as_json() -> None:
    """One line of JSON an event, on standard error; ids and digests, never message text or keys."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: Lines(),
    )
