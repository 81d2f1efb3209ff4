"""What reliability.md asks under "Models and release bundles": each bad model is refused by its own name."""

import pickle
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from shared.contracts import FileRef, ModelManifest
from shared.digest import digest_of
from shared.errors import InvalidError
from shared.nlp import inspection
from shared.nlp.inspection import Child, Inspector
from tests.draft_api.training.child import Trained, source, train

Change = Callable[[onnx.ModelProto], None]
FUSED = "com.microsoft"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(source(), tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def head(trained: Trained) -> bytes:
    return (trained.out / "files" / "head.onnx").read_bytes()


def with_head(manifest: ModelManifest, data: bytes) -> tuple[ModelManifest, Callable[[str], bytes]]:
    """The model with other bytes for a head, and a manifest that is honest about them."""
    reference = FileRef(name="head.onnx", digest=digest_of(data), size_bytes=len(data))
    others = tuple(file for file in manifest.files if file.name != "head.onnx")
    return manifest.model_copy(update={"files": (*others, reference)}), {reference.digest: data}.__getitem__


def code_of(trained: Trained, data: bytes, **change: object) -> str | None:
    manifest, read = with_head(trained.manifest, data)
    try:
        Inspector().inspect(manifest.model_copy(update=change), read)
    except InvalidError as refused:
        return refused.code
    return None


def changed(data: bytes, change: Change) -> bytes:
    model = onnx.load_model_from_string(data)
    change(model)
    return model.SerializeToString()


def test_what_training_exports_is_sound(trained: Trained, head: bytes) -> None:
    assert code_of(trained, head) is None


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """Every process that is started to look at models."""
    children: list[Child] = []
    start = inspection._start

    def watched() -> Child:
        children.append(start())
        return children[-1]

    monkeypatch.setattr(inspection, "_start", watched)
    return children


class TestWaiting:
    """A process may wait for the next model; it looks at that one alone."""

    @pytest.fixture
    def inspector(self) -> Iterator[Inspector]:
        made = Inspector()
        yield made
        made.close()

    def test_the_one_that_waits_looks_at_the_next_model_and_ends(
        self, trained: Trained, head: bytes, inspector: Inspector, started: list[Child]
    ) -> None:
        inspector.expect()
        inspector.expect()
        inspector.inspect(*with_head(trained.manifest, head))
        assert [child.returncode for child in started] == [0]
        with pytest.raises(InvalidError):
            inspector.inspect(*with_head(trained.manifest, changed(head, endless_loop)))
        assert len(started) == 2, "the second model was not looked at by the process that had seen the first"

    def test_one_that_died_while_it_waited_is_replaced(
        self, trained: Trained, head: bytes, inspector: Inspector, started: list[Child]
    ) -> None:
        inspector.expect()
        started[0].kill()
        started[0].wait()
        inspector.inspect(*with_head(trained.manifest, head))
        assert [child.returncode for child in started] == [-signal.SIGKILL, 0]

    def test_a_sound_model_is_not_looked_at_twice(
        self, trained: Trained, head: bytes, inspector: Inspector, started: list[Child]
    ) -> None:
        for _ in range(2):
            inspector.inspect(*with_head(trained.manifest, head))
        assert len(started) == 1

    def test_none_waits_on_for_somebody_who_is_gone(self, inspector: Inspector, started: list[Child]) -> None:
        inspector.expect()
        assert started[0].stdin
        started[0].stdin.close()
        assert started[0].wait(60) == 0


NO_MODEL = {
    "nothing": b"",
    "random bytes": bytes(np.random.RandomState(0).randint(0, 256, 5000, np.uint8)),
    "a web page": b"<!doctype html><title>404</title>",
    "a pickle": pickle.dumps({"weights": [1.0] * 100}),
    "a zip": b"PK\x03\x04" + bytes(500),
}


@pytest.mark.parametrize("data", NO_MODEL.values(), ids=NO_MODEL)
def test_what_is_no_model_is_invalid(trained: Trained, data: bytes) -> None:
    assert code_of(trained, data) == "model_invalid"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_model_that_was_cut_off_is_invalid(trained: Trained, head: bytes, share: float) -> None:
    assert code_of(trained, head[: int(len(head) * share)]) == "model_invalid"


def weight(model: onnx.ModelProto, name: str) -> TensorProto:
    (found,) = (tensor for tensor in model.graph.initializer if tensor.name == name)
    return found


def put_weight(model: onnx.ModelProto, name: str, values: np.ndarray) -> None:
    weight(model, name).CopyFrom(numpy_helper.from_array(values, name))


def add_node(model: onnx.ModelProto, operator: str, domain: str = "", **attributes: object) -> None:
    model.graph.node.append(helper.make_node(operator, ["margins.bias"], ["more"], domain=domain, **attributes))


def newer_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 999


def older_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 6


def newer_ir(model: onnx.ModelProto) -> None:
    model.ir_version = 99


def own_domain(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.example.own", 1))
    add_node(model, "Surprise", "com.example.own")


def undeclared_domain(model: onnx.ModelProto) -> None:
    add_node(model, "Surprise", "com.example.own")


def strange_operator(model: onnx.ModelProto) -> None:
    add_node(model, "NonZero")


def hidden_operator_of_the_runtime(model: onnx.ModelProto) -> None:
    add_node(model, "Inverse", FUSED)


def endless_loop(model: onnx.ModelProto) -> None:
    again = helper.make_graph([], "again", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["more"], body=again))


def branch(model: onnx.ModelProto) -> None:
    same = helper.make_graph([], "same", [], [])
    model.graph.node.append(helper.make_node("If", ["yes"], ["more"], then_branch=same, else_branch=same))


def branch_under_a_harmless_name(model: onnx.ModelProto) -> None:
    add_node(model, "Identity", body=helper.make_graph([], "inside", [], []))


def function(model: onnx.ModelProto) -> None:
    opsets = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("own", "Twice", ["x"], ["y"], [], opsets))


def training_information(model: onnx.ModelProto) -> None:
    model.training_info.add()


def external(model: onnx.ModelProto, location: str) -> None:
    tensor = weight(model, "margins.bias")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location


def external_file(model: onnx.ModelProto) -> None:
    external(model, "/proc/self/environ")


def memory_address(model: onnx.ModelProto) -> None:
    external(model, "*/_ORT_MEM_ADDR_/*")


def external_without_the_flag(model: onnx.ModelProto) -> None:
    entry = weight(model, "margins.bias").external_data.add()
    entry.key, entry.value = "location", "../secret"


def external_constant(model: onnx.ModelProto) -> None:
    value = numpy_helper.from_array(np.ones(3, np.float32), "value")
    value.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["more"], value=value))


def sparse_weight(model: onnx.ModelProto) -> None:
    values = helper.make_tensor("sparse", TensorProto.FLOAT, [1], [1.0])
    at = helper.make_tensor("at", TensorProto.INT64, [1], [0])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, at, [5]))


def sparse_constant(model: onnx.ModelProto) -> None:
    values = helper.make_tensor("sparse", TensorProto.FLOAT, [1], [1.0])
    at = helper.make_tensor("at", TensorProto.INT64, [1], [0])
    sparse = helper.make_sparse_tensor(values, at, [5])
    model.graph.node.append(helper.make_node("Constant", [], ["more"], sparse_value=sparse))


def not_a_number(model: onnx.ModelProto) -> None:
    put_weight(model, "margins.bias", np.full((1, 3), np.nan, np.float32))


def infinite(model: onnx.ModelProto) -> None:
    put_weight(model, "margins.scale", np.full(3, np.inf, np.float32))


def infinite_constant(model: onnx.ModelProto) -> None:
    value = numpy_helper.from_array(np.array([np.inf], np.float32), "value")
    model.graph.node.append(helper.make_node("Constant", [], ["more"], value=value))


def overflowing(model: onnx.ModelProto) -> None:
    """Finite weights, infinite logits: softmax answers NaN."""
    put_weight(model, "margins.scale", np.full(3, 3e38, np.float32))


def unnormalised(model: onnx.ModelProto) -> None:
    (last,) = (node for node in model.graph.node if node.op_type == "Softmax")
    last.op_type = "Identity"
    del last.attribute[:]


def other_input(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.input[:] = ["words" if name == "ngram_ids" else name for name in node.input]
    model.graph.input[0].name = "words"


def other_input_type(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT32


def other_input_rank(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim.add().dim_value = 7


def other_output(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("margins.scores", TensorProto.FLOAT, None))


def fewer_buckets(model: onnx.ModelProto) -> None:
    for name in ("margins", "centres"):
        put_weight(model, name, numpy_helper.to_array(weight(model, name))[:8])


def huge_declared_weight(model: onnx.ModelProto) -> None:
    weight(model, "margins.bias").dims[:] = [1 << 31, 1 << 31]


def negative_dimension(model: onnx.ModelProto) -> None:
    weight(model, "margins.bias").dims[:] = [-1, 3]


def long_chain(model: onnx.ModelProto) -> None:
    for number in range(20_000):
        before = f"chain.{number - 1}" if number else "margins.bias"
        model.graph.node.append(helper.make_node("Identity", [before], [f"chain.{number}"]))


def much_metadata(model: onnx.ModelProto) -> None:
    entry = model.metadata_props.add()
    entry.key, entry.value = "story", "x" * (10 << 20)


def bomb(model: onnx.ModelProto) -> None:
    """Eight bytes that ask for half a tebibyte, mixed into the answer so that nothing leaves it out."""
    shape = numpy_helper.from_array(np.array([1 << 37], np.int64), "bomb.shape")
    model.graph.initializer.append(shape)
    (last,) = (node for node in model.graph.node if node.op_type == "Softmax")
    total = last.input[0]
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["bomb.shape"], ["bomb"]))
    model.graph.node.insert(1, helper.make_node("ReduceMax", ["bomb"], ["bomb.most"], keepdims=0))
    at = list(model.graph.node).index(last)
    model.graph.node.insert(at, helper.make_node("Add", [total, "bomb.most"], ["total.bombed"]))
    last.input[0] = "total.bombed"


def slow(model: onnx.ModelProto) -> None:
    """Few nodes, each of a size that fits, that take minutes of processor time."""
    (last,) = (node for node in model.graph.node if node.op_type == "Softmax")
    total = last.input[0]
    nodes = [helper.make_node("ConstantOfShape", ["slow.shape"], ["slow.0"])]
    model.graph.initializer.append(numpy_helper.from_array(np.array([6000, 6000], np.int64), "slow.shape"))
    nodes += [helper.make_node("MatMul", [f"slow.{n}", f"slow.{n}"], [f"slow.{n + 1}"]) for n in range(40)]
    nodes += [helper.make_node("ReduceMax", ["slow.40"], ["slow.most"], keepdims=0)]
    nodes += [helper.make_node("Add", [total, "slow.most"], ["total.slow"])]
    last.input[0] = "total.slow"
    kept = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*kept[: kept.index(last)], *nodes, *kept[kept.index(last) :]])


REFUSED: dict[str, list[Change]] = {
    "model_opset_unsupported": [newer_opset, older_opset, newer_ir],
    "model_op_forbidden": [
        own_domain, undeclared_domain, strange_operator, hidden_operator_of_the_runtime, endless_loop, branch,
        branch_under_a_harmless_name, function, training_information,
    ],
    "model_external_data": [
        external_file, memory_address, external_without_the_flag, external_constant, sparse_weight, sparse_constant,
    ],
    "model_not_finite": [not_a_number, infinite, infinite_constant, overflowing, unnormalised],
    "model_signature_mismatch": [other_input, other_input_type, other_input_rank, other_output, fewer_buckets],
    "model_limits": [huge_declared_weight, negative_dimension, long_chain, much_metadata, bomb, slow],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "change"),
    [pytest.param(code, change, id=change.__name__) for code, changes in REFUSED.items() for change in changes],
)
def test_a_model_is_refused_by_the_name_of_what_is_wrong_with_it(
    trained: Trained, head: bytes, code: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 4)
    assert code_of(trained, changed(head, change)) == code


def test_a_model_with_more_or_fewer_answers_than_labels_is_refused(trained: Trained, head: bytes) -> None:
    labels = trained.manifest.labels
    assert code_of(trained, head, labels=labels[:-1]) == "intent_mismatch"
    assert code_of(trained, head, labels=(*labels, "int_zoo")) == "intent_mismatch"


def test_labels_that_nobody_can_tell_apart_are_refused(trained: Trained, head: bytes) -> None:
    for labels in (("int_dog", "int_dog", "int_lost"), ("", "int_fare", "int_lost"), ("int_é", "int_e\u0301", "int_x"),
                   ("INT_DOG", "int_dog", "int_lost"), ("int_lost", "int_fare", "int_dog")):  # fmt: skip
        assert code_of(trained, head, labels=labels) == "intent_mismatch", labels


def test_a_manifest_that_names_no_head_is_refused(trained: Trained) -> None:
    with pytest.raises(InvalidError) as refused:
        Inspector().inspect(trained.manifest.model_copy(update={"files": ()}), {}.__getitem__)
    assert refused.value.code == "manifest_invalid"


def test_one_flipped_bit_is_seen_even_if_the_store_does_not_look(trained: Trained, head: bytes) -> None:
    flipped = head[:-9] + bytes([head[-9] ^ 4]) + head[-8:]
    with pytest.raises(InvalidError) as refused:
        Inspector().inspect(trained.manifest, lambda _: flipped)
    assert refused.value.code == "artifact_digest_mismatch"


@pytest.mark.encoder
class TestEncoder:
    @pytest.fixture
    def spoken(self, tmp_path: Path) -> Trained:
        from services.draft_api.training.encoder_folder import installed_encoder

        if installed_encoder() is None:
            pytest.skip("no encoder is installed: greenroom encoder build makes one")
        return train(source(profile="default"), tmp_path)

    def test_the_encoder_is_looked_at_too(self, spoken: Trained) -> None:
        files = {file.digest: (spoken.out / "files" / file.name).read_bytes() for file in spoken.manifest.all_files()}
        Inspector().inspect(spoken.manifest, files.__getitem__)

    def test_an_encoder_of_another_width_is_refused(self, spoken: Trained) -> None:
        assert spoken.manifest.encoder
        files = {file.digest: (spoken.out / "files" / file.name).read_bytes() for file in spoken.manifest.all_files()}
        other = spoken.manifest.encoder.model_copy(update={"dimensions": 512})
        with pytest.raises(InvalidError) as refused:
            Inspector().inspect(spoken.manifest.model_copy(update={"encoder": other}), files.__getitem__)
        assert refused.value.code == "model_signature_mismatch"
