"""A student comes nearer to its teacher. Wants torch, which Greenroom does not."""

import numpy as np
import pytest

from services.draft_api.training.learnt import KEPT, beginner
from services.draft_api.training.transformer import Weights
from teaching.lessons import Portion, padded
from tests.small_bert import small_bert

torch = pytest.importorskip("torch", reason="torch makes an encoder, it never runs one")

WIDTH, UNITS, VOCABULARY = 24, 48, 50


@pytest.fixture
def twelve() -> Weights:
    return small_bert(12, WIDTH, UNITS, VOCABULARY, longest=16)


def lessons(count: int) -> list[Portion]:
    random = np.random.RandomState(3)
    return [padded(random.randint(0, VOCABULARY, (32, 7)).tolist()) for _ in range(count)]


def test_a_student_comes_nearer_to_its_teacher(twelve: Weights) -> None:
    from teaching import teach

    read = lessons(212)
    lesson = teach.Lesson(teach.tensors(twelve), teach.tensors(beginner(twelve)))
    reports = list(teach.teach(lesson, iter(read[12:]), read[:12], steps=200))
    first, last = (float(report.split("whole ")[1].split(",")[0]) for report in (reports[0], reports[-1]))
    assert last < 0.8 * first
    words = "embeddings.word_embeddings.weight"
    assert np.array_equal(lesson.student[words].detach().numpy(), twelve[words])


def test_padding_changes_nothing(twelve: Weights) -> None:
    from teaching.network import layers, mean_over_tokens, tensors

    alone, beside = padded([[4, 5, 6]]), padded([[4, 5, 6], [9, 8, 7, 6, 5]])
    answers = []
    for portion in (alone, beside):
        real = torch.from_numpy(portion.real)
        hidden = layers(tensors(beginner(twelve)), len(KEPT), torch.from_numpy(portion.ids), real)[-1]
        answers.append(mean_over_tokens(hidden, real)[0].numpy())
    assert np.allclose(*answers, atol=1e-5)


def test_the_network_is_the_one_that_is_delivered(twelve: Weights) -> None:
    from services.draft_api.training.encoder_graph import build_graph
    from shared.nlp.onnx import Graph
    from teaching.network import layers, mean_over_tokens, tensors

    six = beginner(twelve)
    portion = padded([[4, 5, 6, 40]])
    real = torch.from_numpy(portion.real)
    mean = mean_over_tokens(layers(tensors(six), len(KEPT), torch.from_numpy(portion.ids), real)[-1], real)[0].numpy()
    graph = Graph(build_graph(six).SerializeToString(), optimise=True)
    (answered,) = graph.run(["embedding"], {"input_ids": portion.ids.astype(np.int32)})
    # Words are kept in eight bits.
    assert np.allclose(answered[0], mean / np.linalg.norm(mean), atol=0.02)
