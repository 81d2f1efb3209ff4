"""Six layers that were taught what twelve know, as what they learnt beyond the six of the twelve that they start from.

`teaching.teach` and `teaching.pack` make the file, with torch; here it is only added to the published weights.
"""

import io
import zipfile

import numpy as np

from services.draft_api.training.transformer import Weights

KEPT = (0, 2, 3, 9, 10, 11)
_LAYER = "encoder.layer."


class LearntError(Exception):
    """What is said to be learnt does not fit six layers of this encoder."""


def beginner(twelve: Weights) -> Weights:
    """The layers that are kept, numbered anew, and all that is no layer."""
    found = {name: array for name, array in twelve.items() if not name.startswith(_LAYER)}
    for new, old in enumerate(KEPT):
        at = f"{_LAYER}{old}."
        found |= {f"{_LAYER}{new}.{name.removeprefix(at)}": twelve[name] for name in twelve if name.startswith(at)}
    return found


def packed(learnt: Weights, step: float) -> bytes:
    """Differences by name: those of matrices in whole numbers of steps, as few bits as they need; others in halves."""
    file = io.BytesIO()
    rounded = {name: np.rint(array / step) for name, array in learnt.items() if array.ndim == 2}
    coded = {name: np.clip(array, -127, 127).astype(np.int8) for name, array in rounded.items()}
    others = {name: array.astype(np.float16) for name, array in learnt.items() if array.ndim != 2}
    np.savez_compressed(file, allow_pickle=False, step=np.float32(step), **coded, **others)
    return file.getvalue()


def taught(twelve: Weights, learnt: bytes) -> Weights:
    """The beginner with what `learnt`, packed, adds to it. Raises LearntError."""
    weights = beginner(twelve)
    differences = _unpacked(learnt)
    step = differences.pop("step", None)
    wrong = [name for name, array in differences.items() if name not in weights or array.shape != weights[name].shape]
    if step is None or not differences or wrong:
        raise LearntError("The file holds no differences of six layers of this encoder.")
    for name, array in differences.items():
        scale = float(step) if array.dtype == np.int8 else 1
        weights[name] = (weights[name] + array.astype(np.float32) * scale).astype(np.float32)
    return weights


def _unpacked(learnt: bytes) -> Weights:
    if not zipfile.is_zipfile(io.BytesIO(learnt)):
        raise LearntError("The file is not one that teaching.pack wrote.")
    try:
        with np.load(io.BytesIO(learnt), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise LearntError(f"The file cannot be read: {error}") from error
