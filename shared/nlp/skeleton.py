"""Takes the weights out of an ONNX model: what is left, its skeleton, is the same for every head of a kind.

A session of the runtime takes as much memory as the weights of a small head. With its weights as inputs, one session
answers for all bots. Field numbers are those of onnx.proto3; wire format: protobuf.dev, "Encoding". Live does without
the onnx package.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidError

Array = NDArray[np.generic]

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 5, 11, 12, 13
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW, _TENSOR_LOCATION = 1, 2, 8, 9, 14
_VALUE_NAME, _VALUE_TYPE, _TYPE_TENSOR, _TENSOR_ELEMENT = 1, 2, 1, 1
_ELEMENTS = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 10: "<f2"}


@dataclass(frozen=True)
class TakenApart:
    """`weights` by name, as views of the model's own bytes where these lie as the processor wants them."""

    skeleton: bytes
    weights: dict[str, Array]


def take_apart(model: bytes) -> TakenApart:
    """Weights that are not written as raw numbers stay where they are. Raises InvalidError `model_invalid`."""
    weights: dict[str, Array] = {}
    try:
        skeleton = b"".join(
            _told(_MODEL_GRAPH, _graph(_message(field), weights)) if field.number == _MODEL_GRAPH else field.whole
            for field in _fields(memoryview(model))
        )
    except (ValueError, IndexError) as error:
        raise InvalidError("model_invalid", "The file is not an ONNX model.") from error
    return TakenApart(skeleton, weights)


def _graph(graph: memoryview, weights: dict[str, Array]) -> bytes:
    kept, inputs = bytearray(), dict[str, bytes]()
    for field in _fields(graph):
        if field.number == _GRAPH_INITIALIZER:
            initializer = _Tensor.read(_message(field))
            if (values := initializer.values()) is None:
                kept += field.whole
            else:
                weights[initializer.name] = values
                inputs[initializer.name] = _value(initializer.name, initializer.element)
        elif field.number == _GRAPH_INPUT:
            value = _message(field)
            inputs.setdefault(_text(_inner(value, _VALUE_NAME)), bytes(value))
        elif field.number == _GRAPH_OUTPUT:
            kept += _told(_GRAPH_OUTPUT, _without_shape(_message(field)))
        elif field.number != _GRAPH_VALUE_INFO:
            kept += field.whole
    return bytes(kept) + b"".join(_told(_GRAPH_INPUT, value) for value in inputs.values())


@dataclass(frozen=True)
class _Tensor:
    name: str
    element: int
    dims: list[int]
    raw: memoryview | None
    elsewhere: bool

    @classmethod
    def read(cls, tensor: memoryview) -> "_Tensor":
        found = {field.number: field.content for field in _fields(tensor)}
        raw = found.get(_TENSOR_RAW)
        return cls(
            name=_text(found.get(_TENSOR_NAME)),
            element=_number(found.get(_TENSOR_TYPE)),
            dims=list(_dims(tensor)),
            raw=raw if isinstance(raw, memoryview) else None,
            elsewhere=bool(found.get(_TENSOR_LOCATION)),
        )

    def values(self) -> Array | None:
        if self.raw is None or self.elsewhere or self.element not in _ELEMENTS:
            return None
        values = np.frombuffer(self.raw, _ELEMENTS[self.element]).reshape(self.dims)
        return values if values.flags.aligned else values.copy()


def _dims(tensor: memoryview) -> Iterator[int]:
    """One by one, or packed."""
    for field in _fields(tensor):
        if field.number == _TENSOR_DIMS and isinstance(field.content, int):
            yield field.content
        elif field.number == _TENSOR_DIMS:
            packed, at = _message(field), 0
            while at < len(packed):
                size, at = _varint(packed, at)
                yield size


def _without_shape(output: memoryview) -> bytes:
    """There are as many answers as the bot has intents."""
    kind = _inner(output, _VALUE_TYPE)
    tensor = _inner(kind, _TYPE_TENSOR) if isinstance(kind, memoryview) else None
    element = _inner(tensor, _TENSOR_ELEMENT) if isinstance(tensor, memoryview) else None
    return _value(_text(_inner(output, _VALUE_NAME)), element) if isinstance(element, int) else bytes(output)


def _value(name: str, element: int) -> bytes:
    tensor = bytes([_TENSOR_ELEMENT << 3 | _VARINT, element])
    return _told(_VALUE_NAME, name.encode()) + _told(_VALUE_TYPE, _told(_TYPE_TENSOR, tensor))


def _inner(message: memoryview, number: int) -> int | memoryview | None:
    return next((field.content for field in _fields(message) if field.number == number), None)


# -- the wire format ---------------------------------------------------------------------------------------------------


class _Field(NamedTuple):
    number: int
    content: int | memoryview
    whole: memoryview


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        began = at
        key, at = _varint(message, at)
        content: int | memoryview
        if key & 7 == _VARINT:
            content, at = _varint(message, at)
        else:
            size, at = _size(message, at, key & 7)
            content, at = message[at : at + size], at + size
            if at > len(message):
                raise ValueError("the message was cut off")
        yield _Field(key >> 3, content, message[began:at])


def _size(message: memoryview, at: int, kind: int) -> tuple[int, int]:
    if kind == _BYTES:
        return _varint(message, at)
    if kind not in (_EIGHT, _FOUR):
        raise ValueError("no such kind of field")
    return (8 if kind == _EIGHT else 4), at


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("a number without an end")


def _told(number: int, content: bytes) -> bytes:
    return _written(number << 3 | _BYTES) + _written(len(content)) + content


def _written(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _message(field: _Field) -> memoryview:
    if not isinstance(field.content, memoryview):
        raise ValueError("a number where a message was expected")
    return field.content


def _text(content: int | memoryview | None) -> str:
    return bytes(content).decode() if isinstance(content, memoryview) else ""


def _number(content: int | memoryview | None) -> int:
    return content if isinstance(content, int) else 0
