"""The descriptions we write: answers to publishers, offers to subscribers (RFC 8829, RFC 8843)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from media.worker.adapter import Codec, MediaLine

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

_PUBLISH_EXTENSIONS = (MID, AUDIO_LEVEL, TRANSPORT_CC)
_VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
_AUDIO_FEEDBACK = ("transport-cc",)
_RTP_PROTOCOL = "UDP/TLS/RTP/SAVPF"

SUBSCRIBE_VP8 = 96
SUBSCRIBE_VP8_RTX = 97
SUBSCRIBE_OPUS = 111
SUBSCRIBE_AUDIO_LEVEL = 1
SUBSCRIBE_TRANSPORT_CC = 2
_OPUS_FMTP = "minptime=10;useinbandfec=1"


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What a description says of our end."""

    ufrag: str
    password: str
    fingerprint: str  # "sha-256 AA:BB…"
    candidates: tuple[tuple[str, int], ...]  # announced address, UDP port


@dataclass(frozen=True, slots=True)
class Chosen:
    """The codecs we take of an offered line."""

    primary: Codec
    rtx: Codec | None

    @property
    def payload_types(self) -> str:
        """For the m-line."""
        codecs = (self.primary, self.rtx) if self.rtx else (self.primary,)
        return " ".join(str(codec.payload_type) for codec in codecs)


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """One m-line of a subscribe offer; inactive lines keep their place."""

    mid: str
    kind: str
    is_active: bool
    stream: str = ""
    track: str = ""
    ssrc: int = 0
    rtx_ssrc: int = 0
    fmtp: str = ""


def choose(line: MediaLine) -> Chosen | None:
    """VP8 with its RTX, or Opus; None when the line has neither."""
    wanted = "vp8" if line.kind == "video" else "opus"
    primary = next((codec for codec in line.codecs if codec.name == wanted), None)
    if primary is None or line.protocol != _RTP_PROTOCOL:
        return None
    rtx = next(
        (
            codec
            for codec in line.codecs
            if codec.name == "rtx" and codec.parameters.get("apt") == primary.payload_type
        ),
        None,
    )
    return Chosen(primary, rtx)


def _session(session_id: int, version: int, mids: Sequence[str]) -> list[str]:
    return [
        "v=0",
        f"o=- {session_id} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=msid-semantic:WMS *",
    ]


def _transport(local: LocalTransport, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        "a=ice-options:ice2",
        f"a=fingerprint:{local.fingerprint}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *_candidates(local.candidates),
        "a=end-of-candidates",
    ]


def _candidates(candidates: Iterable[tuple[str, int]]) -> list[str]:
    """Host candidates in order of preference (RFC 8445 §5.1.2.1)."""
    return [
        f"a=candidate:{index} 1 udp {126 << 24 | (65535 - index) << 8 | 255} {ip} {port} typ host"
        for index, (ip, port) in enumerate(candidates, 1)
    ]


def _codec(codec: Codec, feedback: Sequence[str]) -> list[str]:
    pt = codec.payload_type
    name = "VP8" if codec.name == "vp8" else codec.name
    channels = f"/{codec.channels}" if codec.channels and codec.channels > 1 else ""
    lines = [f"a=rtpmap:{pt} {name}/{codec.clock_rate}{channels}"]
    lines += [f"a=rtcp-fb:{pt} {item}" for item in feedback if item in codec.feedback]
    return [*lines, f"a=fmtp:{pt} {codec.fmtp}"] if codec.fmtp else lines


def answer(
    session_id: int,
    version: int,
    offer: Sequence[MediaLine],
    chosen: Mapping[str, Chosen],
    paused: frozenset[str],
    local: LocalTransport,
) -> str:
    """Take the chosen mids as recvonly, keep the paused ones inactive, refuse the rest."""
    mids = [line.mid for line in offer if line.mid in chosen]
    lines = _session(session_id, version, mids)
    for line in offer:
        codecs = chosen.get(line.mid)
        if codecs is None:
            lines += _refused(line)
        else:
            lines += _received(line, codecs, line.mid in paused, local)
    return _text(lines)


def _refused(line: MediaLine) -> list[str]:
    return [
        f"m={line.kind} 0 {line.protocol} {' '.join(line.formats)}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
        "a=inactive",
    ]


def _received(line: MediaLine, codecs: Chosen, is_paused: bool, local: LocalTransport) -> list[str]:
    feedback = _VIDEO_FEEDBACK if line.kind == "video" else _AUDIO_FEEDBACK
    return [
        f"m={line.kind} 9 {line.protocol} {codecs.payload_types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
        "a=inactive" if is_paused else "a=recvonly",
        *_transport(local, "passive"),
        *(
            f"a=extmap:{line.extensions[uri]} {uri}"
            for uri in _PUBLISH_EXTENSIONS
            if uri in line.extensions
        ),
        *_codec(codecs.primary, feedback),
        *(_codec(codecs.rtx, ()) if codecs.rtx else ()),
    ]


def offer(
    session_id: int, version: int, lines: Sequence[OfferedLine], local: LocalTransport
) -> str:
    """Everything a subscriber may receive; it must take the DTLS client role."""
    text = _session(session_id, version, [line.mid for line in lines])
    for line in lines:
        text += _sent(line, local)
    return _text(text)


def _sent(line: OfferedLine, local: LocalTransport) -> list[str]:
    is_video = line.kind == "video"
    formats = f"{SUBSCRIBE_VP8} {SUBSCRIBE_VP8_RTX}" if is_video else f"{SUBSCRIBE_OPUS}"
    return [
        f"m={line.kind} 9 {_RTP_PROTOCOL} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
        "a=sendonly" if line.is_active else "a=inactive",
        *_transport(local, "actpass"),
        *(_video_codecs() if is_video else _audio_codecs(line.fmtp or _OPUS_FMTP)),
        *(_track(line) if line.is_active else ()),
    ]


def _video_codecs() -> list[str]:
    return [
        f"a=rtpmap:{SUBSCRIBE_VP8} VP8/90000",
        f"a=extmap:{SUBSCRIBE_TRANSPORT_CC} {TRANSPORT_CC}",
        *(f"a=rtcp-fb:{SUBSCRIBE_VP8} {item}" for item in _VIDEO_FEEDBACK),
        f"a=rtpmap:{SUBSCRIBE_VP8_RTX} rtx/90000",
        f"a=fmtp:{SUBSCRIBE_VP8_RTX} apt={SUBSCRIBE_VP8}",
    ]


def _audio_codecs(fmtp: str) -> list[str]:
    return [
        f"a=extmap:{SUBSCRIBE_AUDIO_LEVEL} {AUDIO_LEVEL}",
        f"a=extmap:{SUBSCRIBE_TRANSPORT_CC} {TRANSPORT_CC}",
        f"a=rtpmap:{SUBSCRIBE_OPUS} opus/48000/2",
        f"a=rtcp-fb:{SUBSCRIBE_OPUS} {' '.join(_AUDIO_FEEDBACK)}",
        f"a=fmtp:{SUBSCRIBE_OPUS} {fmtp}",
    ]


def _track(line: OfferedLine) -> list[str]:
    ssrcs = [line.ssrc, line.rtx_ssrc] if line.rtx_ssrc else [line.ssrc]
    group = [f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}"] if line.rtx_ssrc else []
    return [
        f"a=msid:{line.stream} {line.track}",
        *group,
        *(f"a=ssrc:{ssrc} cname:{line.stream}" for ssrc in ssrcs),
    ]


def _text(lines: Sequence[str]) -> str:
    return "\r\n".join(lines) + "\r\n"
