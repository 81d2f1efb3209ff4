"""Runs the supervisor over fake services: `python -m tests.cli.supervised DATA '{"cook": ["--deaf"]}'`."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.failing import fail
from cli.outcome import CommandError
from cli.supervision.child import ChildSpec
from cli.supervision.folder import held
from cli.supervision.ports import claim
from cli.supervision.supervisor import Supervisor

HOST = "127.0.0.1"


def main() -> None:
    data, asked = Path(sys.argv[1]), json.loads(sys.argv[2])
    try:
        with held(data):
            ports = claim(HOST, dict.fromkeys(asked, 0))
            specs = [
                ChildSpec(
                    name=name,
                    module="tests.cli.fake_service",
                    arguments=("--port", str(ports[name]), *arguments),
                    environ=os.environ,
                    host=HOST,
                    port=ports[name],
                    vital=name == "cook",
                )
                for name, arguments in asked.items()
            ]
            Supervisor(specs, data, print_error, announce).run()
    except CommandError as error:
        sys.exit(fail(error))


def announce(without: Sequence[str]) -> None:
    print("ready without " + " and ".join(without) if without else "ready", flush=True)


def print_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
