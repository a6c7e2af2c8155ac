"""Control messages between pool and worker: JSON in frames of a 4-byte big-endian length."""

import enum
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, get_type_hints

SDP_BYTES_MAX = 64 * 1024
PUBLISHED_TRACKS_MAX = 8
TILES_MAX = 128
ROOM_PEERS_MAX = 64
FRAME_BYTES_MAX = 1024 * 1024
NAME_CHARS_MAX = 128
CONSENT_SECONDS = 8.0
OFFER_ANSWER_SECONDS = 10.0


class Source(enum.StrEnum):
    """What a published track shows or says."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN = "screen"
    SCREEN_AUDIO = "screen_audio"


SOURCES = frozenset(source.value for source in Source)
VIDEO_SOURCES = frozenset({Source.CAMERA.value, Source.SCREEN.value})
AUDIO_SOURCES = SOURCES - VIDEO_SOURCES


Tile = tuple[str, str, int, int]  # publisher peer, source, width, height


class ErrorCode(enum.StrEnum):
    """Stable codes of everything the media plane refuses."""

    SDP_INVALID = "sdp-invalid"
    NOT_PERMITTED = "not-permitted"
    PEER_UNKNOWN = "peer-unknown"
    ROOM_UNKNOWN = "room-unknown"
    MEDIA_FULL = "media-full"
    MEDIA_UNAVAILABLE = "media-unavailable"
    NEGOTIATION_STALE = "negotiation-stale"
    PROTOCOL_INVALID = "protocol-invalid"


class LostReason(enum.StrEnum):
    """Why a peer's media is gone."""

    CONSENT = "consent-expired"
    DTLS_FAILED = "dtls-failed"
    DTLS_CLOSED = "dtls-closed"


class DropReason(enum.StrEnum):
    """Why a datagram or packet went no further; each is counted."""

    UNKNOWN_ADDRESS = "unknown-address"
    MALFORMED = "malformed"
    STUN_INVALID = "stun-invalid"
    STUN_UNAUTHENTICATED = "stun-unauthenticated"
    HANDSHAKE_LIMITED = "handshake-limited"
    NOT_SECURED = "not-secured"
    SRTP_AUTHENTICATION = "srtp-authentication"
    REPLAYED = "replayed"
    DUPLICATE = "duplicate"
    UNKNOWN_STREAM = "unknown-stream"
    NOT_PERMITTED = "not-permitted"
    MUTED = "muted"
    AWAITING_KEYFRAME = "awaiting-keyframe"
    STALE = "stale"
    OVERSIZED = "oversized"
    SEND_BLOCKED = "send-blocked"
    SEND_FAILED = "send-failed"
    NOT_CACHED = "not-cached"
    RECORDER_BEHIND = "recorder-behind"
    CONNECTION_LIMITED = "connection-limited"
    CONNECTION_SILENT = "connection-silent"


class MediaError(Exception):
    """A refusal of the media plane, with a stable code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ProtocolError(ValueError):
    """A frame or message the other end should never have sent."""


# --- requests: pool → worker, each answered by one Reply or Failure ---


@dataclass(frozen=True, slots=True)
class Configure:
    """First request: bind a UDP and a TCP port per address; result {"ports": [[bind, announced,
    UDP port]]}.
    """

    type: ClassVar[str] = "configure"
    addresses: tuple[tuple[str, str], ...]  # (bind, announced)
    port: int  # UDP; 0: ephemeral
    tcp_port: int  # 0: the UDP port's number


@dataclass(frozen=True, slots=True)
class Join:
    """Create the peer or change its grants; result {}."""

    type: ClassVar[str] = "join"
    room: str
    peer: str
    publish: frozenset[str]
    subscribe: bool


@dataclass(frozen=True, slots=True)
class Publish:
    """The browser's offer; result {"sdp": answer}."""

    type: ClassVar[str] = "publish"
    room: str
    peer: str
    offer: str
    sources: Mapping[str, str]  # mid → source


@dataclass(frozen=True, slots=True)
class Answer:
    """The browser's answer to a SubscribeOffer; result {}."""

    type: ClassVar[str] = "answer"
    room: str
    peer: str
    negotiation: int
    sdp: str


@dataclass(frozen=True, slots=True)
class RestartSubscribe:
    """A SubscribeOffer follows, with new ICE or, where need be, a new connection; result {}."""

    type: ClassVar[str] = "restart_subscribe"
    room: str
    peer: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Drop (or forward again) every packet of a source; result {}."""

    type: ClassVar[str] = "mute"
    room: str
    peer: str
    source: str
    muted: bool


@dataclass(frozen=True, slots=True)
class View:
    """What the peer has in view and how large, in pixels; other videos pause; result {}."""

    type: ClassVar[str] = "view"
    room: str
    peer: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Remove the peer, idempotent; result {}."""

    type: ClassVar[str] = "leave"
    room: str
    peer: str


@dataclass(frozen=True, slots=True)
class CloseRoom:
    """Remove the room and its peers, idempotent; result {}."""

    type: ClassVar[str] = "close_room"
    room: str


@dataclass(frozen=True, slots=True)
class Record:
    """Feed these peers' media, and no others', to the recorder listening on a Unix socket.

    An empty recording ends it; idempotent; result {}.
    """

    type: ClassVar[str] = "record"
    room: str
    recording: str
    socket: str
    peers: frozenset[str]


# --- requests: pool → recorder ---


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """Take what workers send for this recording, idempotent; result {}."""

    type: ClassVar[str] = "open_recording"
    recording: str
    key: str  # hexadecimal
    folder: str


@dataclass(frozen=True, slots=True)
class FinishRecording:
    """Close its files and complete them, those of a crash too; idempotent.

    Result {"files": [{file, peer, source, codec, began_ns, duration_ms, bytes}]}.
    """

    type: ClassVar[str] = "finish_recording"
    recording: str
    key: str
    folder: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Heartbeat; result: rooms, peers, packets_in, packets_out, bytes_in, bytes_out (numbers)
    and drops (DropReason → count).
    """

    type: ClassVar[str] = "ping"


Request = (
    Configure
    | Join
    | Publish
    | Answer
    | RestartSubscribe
    | Mute
    | View
    | Leave
    | CloseRoom
    | Record
    | OpenRecording
    | FinishRecording
    | Ping
)

# --- worker → pool ---


@dataclass(frozen=True, slots=True)
class Reply:
    """The result of the request with this id."""

    type: ClassVar[str] = "reply"
    id: int
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """The refusal of the request with this id."""

    type: ClassVar[str] = "failure"
    id: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SubscribeOffer:
    """The worker offers the peer's subscribe connection."""

    type: ClassVar[str] = "subscribe_offer"
    room: str
    peer: str
    negotiation: int
    sdp: str
    tracks: Mapping[str, tuple[str, str]]  # mid → (publisher peer, source)


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who speaks, loudest first: (peer, level in -dBov 0..127)."""

    type: ClassVar[str] = "speakers"
    room: str
    levels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Link quality of one peer: score 0..5 and what it rests on."""

    type: ClassVar[str] = "quality"
    room: str
    peer: str
    # score, loss_up, loss_down, jitter_ms, rtt_ms, kbps_up, kbps_down, and of the send-side
    # estimate: kbps_estimate, estimate_cause (0 none, 1 delay, 2 loss, 3 REMB, 4 silence)
    stats: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class EncodingsWanted:
    """How many of a source's encodings, the smallest first, anybody wants to see."""

    type: ClassVar[str] = "encodings_wanted"
    room: str
    peer: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class PeerLost:
    """The peer's media is gone (LostReason)."""

    type: ClassVar[str] = "peer_lost"
    room: str
    peer: str
    reason: str


Event = SubscribeOffer | Speakers | Quality | EncodingsWanted | PeerLost
FromWorker = Reply | Failure | Event

_REQUESTS: dict[str, Any] = {
    kind.type: kind
    for kind in (
        Configure, Join, Publish, Answer, RestartSubscribe, Mute, View, Leave, CloseRoom, Record,
        OpenRecording, FinishRecording, Ping,
    )
}  # fmt: skip
_FROM_WORKER: dict[str, Any] = {
    kind.type: kind
    for kind in (Reply, Failure, SubscribeOffer, Speakers, Quality, EncodingsWanted, PeerLost)
}


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
    Mapping[str, str]: lambda value: {key: _is(str, item) for key, item in _items(value)},
    Mapping[str, float]: lambda value: {key: _float(item) for key, item in _items(value)},
    Mapping[str, tuple[str, str]]: lambda value: {k: _pair(i, str) for k, i in _items(value)},
    Mapping[str, Any]: lambda value: dict(_items(value)),
}


def _fields(kind: Any) -> dict[str, Callable[[object], Any]]:
    hints = get_type_hints(kind)
    return {name: _PARSERS[hints[name]] for name in kind.__dataclass_fields__ if name != "type"}


_FIELDS = {kind: _fields(kind) for kind in (*_REQUESTS.values(), *_FROM_WORKER.values())}


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
    return _is(int, message.get("id")), _build(_REQUESTS, message)


def encode_from_worker(message: FromWorker) -> bytes:
    """One frame, worker → pool; raises ProtocolError when too large."""
    return _frame({"type": message.type, **_values(message)})


def decode_from_worker(message: Mapping[str, Any]) -> FromWorker:
    """A reply, failure or event; raises ProtocolError."""
    built: FromWorker = _build(_FROM_WORKER, message)
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
