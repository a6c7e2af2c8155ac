"""Control messages between pool, worker and recorder, and the words that they share."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

SDP_BYTES_MAX = 64 * 1024
PUBLISHED_TRACKS_MAX = 8
TILES_MAX = 128
ROOM_PEERS_MAX = 64
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
Picture = tuple[str, str, str]  # publisher peer, source, PauseReason


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


class PauseReason(enum.StrEnum):
    """Why a picture that is in view does not come."""

    LINK = "link"  # the way to this peer does not carry it
    LIMIT = "limit"  # too many pictures at once


class DropReason(enum.StrEnum):
    """Why a datagram or packet went no further; each is counted."""

    UNKNOWN_ADDRESS = "unknown-address"
    MALFORMED = "malformed"
    STUN_INVALID = "stun-invalid"
    STUN_UNAUTHENTICATED = "stun-unauthenticated"
    STUN_LIMITED = "stun-limited"
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
class Play:
    """The offer of a peer that only watches; result {"sdp": answer}."""

    type: ClassVar[str] = "play"
    room: str
    peer: str
    offer: str
    publisher: str  # whose sources, empty for everybody's


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
    | Play
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
class PicturesPaused:
    """All pictures in a peer's view that do not come now."""

    type: ClassVar[str] = "pictures_paused"
    room: str
    peer: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class PeerLost:
    """The peer's media is gone (LostReason)."""

    type: ClassVar[str] = "peer_lost"
    room: str
    peer: str
    reason: str


Event = SubscribeOffer | Speakers | Quality | EncodingsWanted | PicturesPaused | PeerLost
FromWorker = Reply | Failure | Event

REQUESTS: dict[str, Any] = {
    kind.type: kind
    for kind in (
        Configure, Join, Publish, Play, Answer, RestartSubscribe, Mute, View, Leave, CloseRoom,
        Record, OpenRecording, FinishRecording, Ping,
    )
}  # fmt: skip
"""By the type that names them on the wire."""

FROM_WORKER: dict[str, Any] = {
    kind.type: kind
    for kind in (
        Reply, Failure, SubscribeOffer, Speakers, Quality, EncodingsWanted, PicturesPaused,
        PeerLost,
    )
}  # fmt: skip
