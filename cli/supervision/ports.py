"""Ports: which are free, and what to say about one that is not."""

import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack

from cli.outcome import CommandError

PATIENCE_SECONDS = 2.0


def claim(host: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for each service, all different; 0 asks for any.

    Waits a moment for a taken one: the children of a killed supervisor are on their way out.

    Raises CommandError when a port stays taken, or when `host` is not an address of this machine.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    with ExitStack() as open_until_all_are_chosen:
        found = {}
        for service, port in wanted.items():
            listener = _listen_patiently(host, port, service, deadline)
            open_until_all_are_chosen.enter_context(listener)
            found[service] = int(listener.getsockname()[1])
        return found


def _listen_patiently(host: str, port: int, service: str, deadline: float) -> socket.socket:
    while True:
        try:
            return _listen(host, port)
        except (OSError, OverflowError) as error:
            if time.monotonic() >= deadline or isinstance(error, (socket.gaierror, OverflowError, PermissionError)):
                reason = getattr(error, "strerror", None) or str(error)
                raise CommandError(
                    f"{service} cannot listen on {host}:{port}: {reason}.",
                    hint=f"Choose another with --{service}-port, or stop what listens there.",
                ) from None
        time.sleep(0.1)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener
