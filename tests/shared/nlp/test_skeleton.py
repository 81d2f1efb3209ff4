"""Heads that differ in their weights alone share one session, and answer as each would by itself."""

import gc
from collections.abc import Callable
from weakref import ref

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from services.draft_api.training.head_graph import head_graph
from services.draft_api.training.heads import Linear, Prototypes
from services.draft_api.training.stack import Heads
from shared.errors import InvalidError
from shared.nlp.onnx import Array, Graph, Head, Skeletons
from shared.nlp.skeleton import take_apart

BUCKETS, WIDTH = 64, 16
OUTPUTS = ["probabilities", "nearest"]


def bakery(classes: int, seed: int = 0, encoder: bool = True) -> bytes:
    """A head of `classes` intents with weights that mean nothing."""
    random = np.random.RandomState(seed)

    def numbers(*shape: int) -> Array:
        return random.standard_normal(shape).astype(np.float32)

    def linear(width: int) -> Linear:
        return Linear(numbers(width, classes), numbers(classes))

    if not encoder:
        return head_graph(Heads(None, linear(BUCKETS), None, numbers(BUCKETS, classes)), np.array([1.0, 0.2]), classes)
    near = Prototypes(numbers(3 * classes, WIDTH), np.repeat(np.arange(classes), 3))
    return head_graph(Heads(linear(WIDTH), linear(BUCKETS), near, None), np.array([1.0, 0.5, 0.7]), classes)


def question(seed: int, encoder: bool = True) -> dict[str, Array]:
    random = np.random.RandomState(seed)
    ids = np.unique(random.randint(0, BUCKETS, 9)).astype(np.int64)
    asked: dict[str, Array] = {"ngram_ids": ids, "ngram_values": random.standard_normal(len(ids)).astype(np.float32)}
    return {**asked, "embedding": random.standard_normal((1, WIDTH)).astype(np.float32)} if encoder else asked


def bits(answers: list[Array]) -> list[bytes]:
    return [answer.tobytes() for answer in answers]


@pytest.mark.parametrize("encoder", [True, False])
@pytest.mark.parametrize("classes", [1, 2, 30])
def test_a_head_answers_bit_for_bit_as_with_a_session_of_its_own(classes: int, encoder: bool) -> None:
    model = bakery(classes, encoder=encoder)
    alone, sharing = Graph(model, optimise=False), Head(model, Skeletons())
    for seed in range(20):
        asked = question(seed, encoder)
        assert bits(sharing.run(OUTPUTS, asked)) == bits(alone.run(OUTPUTS, asked))


def test_all_weights_are_taken_out_as_they_were_written() -> None:
    model = bakery(5)
    written = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(model).graph.initializer}
    apart = take_apart(model)
    assert apart.weights.keys() == written.keys()
    assert all(np.array_equal(apart.weights[name], values) for name, values in written.items())
    assert all(apart.weights[name].dtype == values.dtype for name, values in written.items())
    assert not onnx.load_from_string(apart.skeleton).graph.initializer


def test_large_weights_are_views_of_the_file_and_not_copies() -> None:
    apart = take_apart(bakery(5))
    assert not apart.weights["margins"].flags.owndata
    assert all(values.flags.aligned for values in apart.weights.values())


def test_bots_of_any_size_share_one_session_until_the_last_is_gone() -> None:
    skeletons = Skeletons()
    small, large = (Head(bakery(classes, seed=classes), skeletons) for classes in (2, 30))
    assert small._graph is large._graph
    assert Head(bakery(2, encoder=False), skeletons)._graph is not small._graph
    session = ref(small._graph)
    del small
    assert session() is not None
    del large
    gc.collect()
    assert session() is None


def test_bots_that_share_a_session_do_not_share_weights() -> None:
    skeletons = Skeletons()
    rye, plum = (Head(bakery(4, seed), skeletons) for seed in (1, 2))
    asked = question(0)
    first = bits(rye.run(OUTPUTS, asked))
    assert bits(plum.run(OUTPUTS, asked)) != first
    assert bits(rye.run(OUTPUTS, asked)) == first


def listed_numbers(model: onnx.ModelProto) -> None:
    """As other exporters write a weight: number by number."""
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "margins.bias")
    values = numpy_helper.to_array(tensor)
    tensor.CopyFrom(helper.make_tensor(tensor.name, TensorProto.FLOAT, values.shape, values.ravel().tolist()))


def declared_weight(model: onnx.ModelProto) -> None:
    """As old exporters do it: a weight is an input that has a value already."""
    model.graph.input.append(helper.make_tensor_value_info("margins.bias", TensorProto.FLOAT, [1, 5]))


@pytest.mark.parametrize("change", [listed_numbers, declared_weight])
def test_what_other_exporters_write_answers_alike(change: Callable[[onnx.ModelProto], None]) -> None:
    model = onnx.load_from_string(bakery(5))
    change(model)
    head = Head(model.SerializeToString(), Skeletons())
    assert bits(head.run(OUTPUTS, question(1))) == bits(Head(bakery(5), Skeletons()).run(OUTPUTS, question(1)))


def test_a_file_that_was_cut_anywhere_or_is_something_else_is_refused() -> None:
    model = bakery(2)
    for share in range(1, 100):
        with pytest.raises(InvalidError) as refused:
            Head(model[: len(model) * share // 100], Skeletons())
        assert refused.value.code == "model_invalid"
    for other in (b"", b"<!doctype html>", b"PK\x03\x04" + bytes(500), b"\xff" * 40, b"\x3a\x02\x2a\x00"):
        with pytest.raises(InvalidError) as refused:
            Head(other, Skeletons())
        assert refused.value.code == "model_invalid"
