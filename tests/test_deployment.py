"""No container engine is needed for this: the files parse, and what they name is what the code has."""

import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
# Between draft and its child, and between the tests and a process.
INTERNAL = {"GREENROOM_EMBEDDINGS_CACHE", "GREENROOM_FAILPOINT"}
# A preview is another live: what it is, its environment says.
SERVICES = {"draft": 8001, "live": 8002, "preview": 8002, "publisher": 8003}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


@pytest.mark.parametrize(("name", "port"), SERVICES.items())
def test_each_service_is_started_by_a_module_that_exists(compose: dict[str, Any], name: str, port: int) -> None:
    python, flag, module, *options = compose["services"][name]["command"].split()
    assert (python, flag) == ("python", "-m")
    assert importlib.util.find_spec(f"{module}.__main__")
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, env=_environ(), check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(option in done.stdout for option in options if option.startswith("--"))
    assert options[options.index("--port") + 1] == str(port)


def test_every_setting_that_is_named_is_one_that_the_code_reads(compose: dict[str, Any]) -> None:
    code = "\n".join(path.read_text() for top in ("services", "shared") for path in (ROOT / top).rglob("*.py"))
    names = {name for service in SERVICES for name in compose["services"][service]["environment"]}
    for name in names - {"PGPASSWORD"}:
        pattern = re.sub(r"_(DRAFT|LIVE|PUBLISHER)_(DATABASE|ARTIFACTS)_URL", r"_{upper}_\2_URL", name)
        assert name in code or pattern in code, f"nothing reads {name}"


def test_every_setting_of_the_code_is_in_the_documentation() -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    for top in ("services", "shared"):
        for path in (ROOT / top).rglob("*.py"):
            for name in re.findall(r"\"(GREENROOM_[A-Z_]+)\"", path.read_text()):
                assert name in told or name in INTERNAL, f"{path.name}: {name} is not in operations.md"


def test_each_service_has_a_database_of_its_own(compose: dict[str, Any]) -> None:
    created = re.findall(r"CREATE DATABASE (\w+);", (ROOT / "docker" / "databases.sql").read_text())
    told = [compose["services"][name]["environment"].items() for name in SERVICES]
    used = [value for environ in told for name, value in environ if name.endswith("_DATABASE_URL")]
    assert sorted(url.rsplit("/", 1)[1] for url in used) == sorted(created) == sorted(SERVICES)


def test_a_password_may_have_any_character(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        environ = compose["services"][name]["environment"]
        assert [value for key, value in environ.items() if key.endswith("_URL") and "PASSWORD" in value] == []
        assert environ["PGPASSWORD"].startswith("${POSTGRES_PASSWORD")


def test_postgresql_counts_as_there_only_once_it_listens_for_others(compose: dict[str, Any]) -> None:
    assert "-h 127.0.0.1" in compose["services"]["postgres"]["healthcheck"]["test"][1]


@pytest.mark.parametrize(("name", "port"), SERVICES.items())
def test_a_service_that_is_not_ready_is_seen(compose: dict[str, Any], name: str, port: int) -> None:
    asks = compose["services"][name]["healthcheck"]["test"]
    assert asks[:3] == ["CMD", "python", "-c"]
    with readiness(503) as there:
        assert subprocess.run([sys.executable, "-c", asks[3].replace(str(port), str(there))], check=False).returncode
    with readiness(200) as there:
        subprocess.run([sys.executable, "-c", asks[3].replace(str(port), str(there))], check=True)


@contextmanager
def readiness(status: int) -> Iterator[int]:
    """The port of somebody who answers `/readyz` so."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_preview_is_started_only_when_it_is_asked_for(compose: dict[str, Any]) -> None:
    asked = [name for name, service in compose["services"].items() if service.get("profiles")]
    assert asked == ["preview"]
    assert compose["services"]["preview"]["environment"]["GREENROOM_ENVIRONMENT"] == "preview"


def test_the_image_is_built_from_files_that_are_there() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert (ROOT / re.findall(r"^COPY (requirements/\S+)", text, re.MULTILINE)[0]).is_file()
    assert importlib.util.find_spec(re.findall(r"-m (services\.\S+)", text)[0])


def _environ() -> dict[str, str]:
    keys = {"GREENROOM_ADMIN_KEY": "key-of-the-administrator", "GREENROOM_PEER_KEY": "key-of-the-publisher"}
    return {**os.environ, **keys}
