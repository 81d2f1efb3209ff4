"""The house rules that import-linter cannot say. Each has been seen to fail on an injected violation."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("services.draft_api", "services.live_api", "services.publisher")
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "core", "lib"}
# Run as a child process: invisible to the import graph.
BY_PRESENCE = ("shared.nlp.inspect",)
# What loads whatever lies in a folder.
LOADERS = {
    "shared.flows.blocks": "shared.flows.block",
    "shared.entities.system": "shared.entities.recognisers",
    "shared.entities.languages": "shared.entities.speech",
}
CLIENTS = {
    "httpx", "httpx2", "httpcore", "httpcore2", "http", "urllib3", "requests", "aiohttp", "websockets",
    "ftplib", "smtplib", "socket", "ssl", "telnetlib", "xmlrpc",
}  # fmt: skip
OPENERS = {"urlopen", "urlretrieve", "open_connection", "create_connection", "connect_tcp", "getaddrinfo"}
LONGEST = 260


def sources(*tops: str) -> Iterator[Path]:
    for top in tops or ("services", "shared", "cli"):
        yield from (ROOT / top).rglob("*.py")


def test_the_import_rules_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_shared_module_serves_two_services() -> None:
    graph = grimp.build_graph("services", "shared", cache_dir=None)
    for folder, loader in LOADERS.items():
        for plugin in graph.find_children(folder):
            graph.add_import(importer=loader, imported=plugin)
    for module in sorted(graph.modules):
        if module.startswith("shared.") and not module.startswith(BY_PRESENCE):
            users = [s for s in SERVICES if graph.find_shortest_chains(s, module, as_packages=True)]
            assert len(users) >= 2, f"{module} serves only {users}: move it home"


def test_only_the_database_module_commits() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}:
                assert path.name == "db.py", f"{path}:{node.lineno} commits"


def test_only_one_module_calls_out() -> None:
    """Also not through what the import rules do not know by name: sockets are opened by one module alone."""
    for path in sources("services/draft_api", "services/live_api", "shared"):
        names = {name for node in ast.walk(ast.parse(path.read_text())) for name in _opened(node)}
        assert not names or path.name in {"egress.py", "connections.py", "pinning.py", "wire.py"}, (
            f"{path} opens connections: {names}"
        )


def _opened(node: ast.AST) -> Iterator[str]:
    """Modules that are imported and functions that are used to reach another host."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if _is_client(alias.name))
    if isinstance(node, ast.ImportFrom) and _is_client(node.module or ""):
        yield str(node.module)
    if isinstance(node, ast.Attribute) and node.attr in OPENERS:
        yield node.attr


def _is_client(module: str) -> bool:
    return module.split(".")[0] in CLIENTS or module == "urllib.request"


def test_no_file_has_a_vague_name() -> None:
    assert not [path for path in sources() if path.stem in VAGUE]


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_in_a_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


def test_migrations_are_named_for_people() -> None:
    for history in ("draft", "live", "publisher"):
        found = list((ROOT / "migrations" / history).glob("*.py"))
        assert found, f"{history} has no migration"
        assert all(path.stem[:4].isdigit() and len(path.stem) > 6 for path in found)
        numbers = sorted(path.stem[:4] for path in found)
        assert numbers == [f"{place:04}" for place in range(1, len(found) + 1)], f"{history} forks: {numbers}"


def test_every_finding_code_is_in_the_documentation() -> None:
    documented = (ROOT / "docs" / "errors.md").read_text()
    for path in sources("services", "shared"):
        for node in ast.walk(ast.parse(path.read_text())):
            for code in _error_codes(node):
                assert f"`{code}`" in documented, f"{path}:{node.lineno}: {code} is not in docs/errors.md"


def _error_codes(node: ast.AST) -> Iterator[str]:
    """The first argument of `SomethingError("code", ...)`, and `code="..."` of a Finding."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name.endswith("Error") and len(node.args) >= 2:
        yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    if name == "Finding":
        yield from (k.value.value for k in node.keywords if k.arg == "code" and isinstance(k.value, ast.Constant))
