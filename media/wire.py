"""Control messages as JSON in frames of a 4-byte big-endian length."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, get_type_hints

from media.protocol import FROM_WORKER, REQUESTS, FromWorker, Picture, Request, Tile

FRAME_BYTES_MAX = 1024 * 1024


class ProtocolError(ValueError):
    """A frame or message the other end should never have sent."""


# --- parsing ---

T = TypeVar("T")


def _is(kind: type[T], value: object) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ProtocolError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError(f"expected a number, got {type(value).__name__}")
    return float(value)


def _pair(value: object, second: type[T]) -> tuple[str, T]:
    items = _is(list, value)
    if len(items) != 2:
        raise ProtocolError("expected a pair")
    return _is(str, items[0]), _is(second, items[1])


def _tile(value: object) -> Tile:
    items = _is(list, value)
    if len(items) != 4:
        raise ProtocolError("expected a tile")
    return _is(str, items[0]), _is(str, items[1]), _is(int, items[2]), _is(int, items[3])


def _picture(value: object) -> Picture:
    items = _is(list, value)
    if len(items) != 3:
        raise ProtocolError("expected a picture")
    return _is(str, items[0]), _is(str, items[1]), _is(str, items[2])


def _items(value: object) -> Iterator[tuple[str, Any]]:
    return ((_is(str, key), item) for key, item in _is(dict, value).items())


_PARSERS: dict[Any, Callable[[object], Any]] = {
    str: lambda value: _is(str, value),
    int: lambda value: _is(int, value),
    bool: lambda value: _is(bool, value),
    frozenset[str]: lambda value: frozenset(_is(str, item) for item in _is(list, value)),
    tuple[tuple[str, str], ...]: lambda value: tuple(_pair(i, str) for i in _is(list, value)),
    tuple[tuple[str, int], ...]: lambda value: tuple(_pair(i, int) for i in _is(list, value)),
    tuple[Tile, ...]: lambda value: tuple(_tile(item) for item in _is(list, value)),
    tuple[Picture, ...]: lambda value: tuple(_picture(item) for item in _is(list, value)),
    Mapping[str, str]: lambda value: {key: _is(str, item) for key, item in _items(value)},
    Mapping[str, float]: lambda value: {key: _float(item) for key, item in _items(value)},
    Mapping[str, tuple[str, str]]: lambda value: {k: _pair(i, str) for k, i in _items(value)},
    Mapping[str, Any]: lambda value: dict(_items(value)),
}


def _fields(kind: Any) -> dict[str, Callable[[object], Any]]:
    hints = get_type_hints(kind)
    return {name: _PARSERS[hints[name]] for name in kind.__dataclass_fields__ if name != "type"}


_FIELDS = {kind: _fields(kind) for kind in (*REQUESTS.values(), *FROM_WORKER.values())}


def _build(kinds: Mapping[str, Any], message: Mapping[str, Any]) -> Any:
    kind = kinds.get(_is(str, message.get("type")))
    if kind is None:
        raise ProtocolError("unknown message type")
    values: dict[str, Any] = {}
    for name, parse in _FIELDS[kind].items():
        if name not in message:
            raise ProtocolError(f"{kind.type} lacks {name}")
        values[name] = parse(message[name])
    return kind(**values)


# --- framing ---


def _listed(value: object) -> list[Any]:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(separators=(",", ":"), default=_listed).encode


def _frame(message: Mapping[str, Any]) -> bytes:
    body = _encode(message).encode()
    if len(body) > FRAME_BYTES_MAX:
        raise ProtocolError("message exceeds the frame limit")
    return len(body).to_bytes(4, "big") + body


def _values(message: Any) -> dict[str, Any]:
    """The fields by name: messages hold no other messages to go into."""
    return {name: getattr(message, name) for name in _FIELDS[type(message)]}


def encode_request(request_id: int, request: Request) -> bytes:
    """One frame, pool → worker; raises ProtocolError when too large."""
    return _frame({"type": request.type, "id": request_id, **_values(request)})


def decode_request(message: Mapping[str, Any]) -> tuple[int, Request]:
    """The request and its id; raises ProtocolError."""
    return _is(int, message.get("id")), _build(REQUESTS, message)


def encode_from_worker(message: FromWorker) -> bytes:
    """One frame, worker → pool; raises ProtocolError when too large."""
    return _frame({"type": message.type, **_values(message)})


def decode_from_worker(message: Mapping[str, Any]) -> FromWorker:
    """A reply, failure or event; raises ProtocolError."""
    built: FromWorker = _build(FROM_WORKER, message)
    return built


class FrameDecoder:
    """Bytes in, JSON objects out; raises ProtocolError once, then the channel must close."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Complete messages after these bytes."""
        self._buffer += data
        return list(self._complete())

    def _complete(self) -> Iterator[dict[str, Any]]:
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if length > FRAME_BYTES_MAX:
                raise ProtocolError("frame exceeds the limit")
            if len(self._buffer) < 4 + length:
                return
            body = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield _object(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("frame is not JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("frame is not an object")
    return value
