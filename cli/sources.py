"""Where Greenroom's own modules and samples are, for what is started as a process of its own."""

import os
from collections.abc import Mapping
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1]


def with_sources(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a child finds our modules, whatever folder it is started from."""
    paths = [str(SOURCES), *filter(None, [environ.get("PYTHONPATH")])]
    return {**environ, "PYTHONPATH": os.pathsep.join(paths)}
