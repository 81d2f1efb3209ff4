"""The only place that speaks to onnxruntime. Sessions are made from verified bytes, never from paths."""

import platform
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from shared.errors import InvalidError
from shared.nlp.skeleton import take_apart

Array = NDArray[np.generic]

# What this build can execute; a model that needs more is refused before it is staged.
NEWEST_OPSET, NEWEST_IR = 22, 10


class Graph:
    """One session on one thread. `run` may be called from any thread."""

    def __init__(self, model: bytes, optimise: bool) -> None:
        """`optimise` folds constants: right for the encoder; a skeleton has none."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if not optimise:
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.enable_cpu_mem_arena = False
            options.enable_mem_pattern = False
        try:
            self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # onnxruntime raises several kinds that share no class of their own.
            raise InvalidError("model_invalid", f"The runtime refuses the model: {type(error).__name__}.") from error
        # It would keep the bytes beside the weights, to fall back on another provider: there is none.
        self._session.disable_fallback()
        self._session._model_bytes = None

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
        found: list[Array] = self._session.run(list(outputs), dict(inputs))
        return found


class Skeletons:
    """One session for all heads that differ in their weights alone; one that no head uses any more is let go."""

    def __init__(self) -> None:
        self._graphs: WeakValueDictionary[bytes, Graph] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, skeleton: bytes) -> Graph:
        with self._lock:
            graph = self._graphs.get(skeleton)
            if graph is None:
                graph = self._graphs[skeleton] = Graph(skeleton, optimise=False)
            return graph


class Head:
    """Weights of its own, executed by a session that it shares."""

    def __init__(self, model: bytes, skeletons: Skeletons) -> None:
        """Raises InvalidError `model_invalid`."""
        apart = take_apart(model)
        self._graph = skeletons.get(apart.skeleton)
        self._weights = apart.weights

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
        return self._graph.run(outputs, {**self._weights, **inputs})


def processor() -> str:
    """The machine features that decide how int8 arithmetic rounds: equal here, equal bits (P12)."""
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm", "sve")
    found = " ".join(flag for flag in wanted if flag in _cpu_flags())
    return f"{platform.machine()} {found}".strip()


def runtime_version() -> str:
    return str(ort.__version__)


def _cpu_flags() -> frozenset[str]:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return frozenset()
    lines = (line for line in info.read_text().splitlines() if line.lower().startswith(("flags", "features")))
    return frozenset(next(lines, ":").partition(":")[2].split())
