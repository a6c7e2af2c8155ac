"""The descriptions we write: answers to publishers, offers to subscribers (RFC 8829, RFC 8843)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from operator import itemgetter

from media.worker.adapter import Codec, MediaLine

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

_PUBLISH_EXTENSIONS = (MID, RID, REPAIRED_RID, AUDIO_LEVEL, TRANSPORT_CC)
_VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
_AUDIO_FEEDBACK = ("transport-cc",)
_RTP_PROTOCOL = "UDP/TLS/RTP/SAVPF"

LAYERS_MAX = 3
# What subscribers are offered: payload types of the codec and of its retransmission, if any.
SUBSCRIBE_CODECS = {
    "opus": (111, -1), "vp8": (96, 97), "h264": (98, 99), "vp9": (100, 101), "av1": (102, 103),
}  # fmt: skip
SUBSCRIBE_AUDIO_LEVEL = 1
SUBSCRIBE_TRANSPORT_CC = 2
SUBSCRIBE_PLAYOUT_DELAY = 3
_AUDIO_CODECS = ("opus",)
_VIDEO_CODECS = ("vp8", "h264", "vp9", "av1")  # in order of preference
_VIDEO_FMTP = {
    "h264": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    "vp9": "profile-id=0",
}
_OPUS_FMTP = "minptime=10;useinbandfec=1"


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What a description says of our end."""

    ufrag: str
    password: str
    fingerprint: str  # "sha-256 AA:BB…"
    candidates: tuple[tuple[str, int], ...]  # announced address, UDP port
    tcp_candidates: tuple[tuple[str, int], ...] = ()


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
    codec: str = ""
    fmtp: str = ""


def choose(line: MediaLine, wanted: Sequence[str] = ()) -> Chosen | None:
    """The most welcome codec of the line with its RTX, None when it has none of these."""
    wanted = wanted or (_VIDEO_CODECS if line.kind == "video" else _AUDIO_CODECS)
    offered = {codec.name: codec for codec in reversed(line.codecs) if _is_forwarded(codec)}
    primary = next((offered[name] for name in wanted if name in offered), None)
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


def _is_forwarded(codec: Codec) -> bool:
    """Of H.264 only what every browser decodes: baseline in fragments (RFC 7742 §6.2)."""
    if codec.name != "h264":
        return True
    is_fragmented = str(codec.parameters.get("packetization-mode")) == "1"
    return is_fragmented and str(codec.parameters.get("profile-level-id", "42")).startswith("42")


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
        *udp_candidates(local.candidates),
        *tcp_candidates(local.tcp_candidates),
        "a=end-of-candidates",
    ]


def _ranked(candidates: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """IPv6 and IPv4 by turns, so that a broken family delays no other; loopback last (RFC 8421)."""
    seen: Counter[tuple[bool, int]] = Counter()
    ranks: list[tuple[bool, int, int]] = []
    for address, _ in candidates:
        ip = ip_address(address)
        seen[ip.is_loopback, ip.version] += 1
        ranks.append((ip.is_loopback, seen[ip.is_loopback, ip.version], -ip.version))
    return [one for _, one in sorted(zip(ranks, candidates, strict=True), key=itemgetter(0))]


def udp_candidates(candidates: Sequence[tuple[str, int]]) -> list[str]:
    """Host candidates in order of preference (RFC 8445 §5.1.2.1)."""
    return [
        f"a=candidate:{index} 1 udp {126 << 24 | (65535 - index) << 8 | 255} {ip} {port} typ host"
        for index, (ip, port) in enumerate(_ranked(candidates), 1)
    ]


def tcp_candidates(candidates: Sequence[tuple[str, int]]) -> list[str]:
    """Passive ones, below any over UDP (RFC 6544 §4.2: direction preference 4)."""
    return [
        f"a=candidate:t{index} 1 tcp {90 << 24 | (4 << 13 | 8191 - index) << 8 | 255} {ip} {port}"
        " typ host tcptype passive"
        for index, (ip, port) in enumerate(_ranked(candidates), 1)
    ]


def _codec(codec: Codec, feedback: Sequence[str]) -> list[str]:
    pt = codec.payload_type
    name = codec.name.upper() if codec.name in _VIDEO_CODECS else codec.name
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
        *_layers(line.rids[:LAYERS_MAX]),
    ]


def _layers(rids: Sequence[str]) -> list[str]:
    """Simulcast is answered layer by layer (RFC 8853 §5.3)."""
    if not rids:
        return []
    return [*(f"a=rid:{rid} recv" for rid in rids), f"a=simulcast:recv {';'.join(rids)}"]


def played(
    session_id: int,
    version: int,
    offer: Sequence[MediaLine],
    chosen: Mapping[str, Chosen],
    tracks: Mapping[str, OfferedLine],
    local: LocalTransport,
) -> str:
    """Take the chosen mids as sendonly with the tracks they carry, refuse the rest."""
    lines = _session(session_id, version, [line.mid for line in offer if line.mid in chosen])
    for line in offer:
        codecs = chosen.get(line.mid)
        if codecs is None:
            lines += _refused(line)
        else:
            lines += _played(line, codecs, tracks[line.mid], local)
    return _text(lines)


def _played(
    line: MediaLine, codecs: Chosen, track: OfferedLine, local: LocalTransport
) -> list[str]:
    is_video = line.kind == "video"
    feedback = _VIDEO_FEEDBACK if is_video else _AUDIO_FEEDBACK
    return [
        f"m={line.kind} 9 {line.protocol} {codecs.payload_types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
        "a=sendonly",
        *_transport(local, "passive"),
        *(
            f"a=extmap:{line.extensions[uri]} {uri}"
            for uri in (TRANSPORT_CC, PLAYOUT_DELAY if is_video else AUDIO_LEVEL)
            if uri in line.extensions
        ),
        *_codec(codecs.primary, feedback),
        *(_codec(codecs.rtx, ()) if codecs.rtx else ()),
        *_track(track),
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
    codec = line.codec or ("vp8" if is_video else "opus")
    payload_types = [str(pt) for pt in SUBSCRIBE_CODECS[codec] if pt >= 0]
    return [
        f"m={line.kind} 9 {_RTP_PROTOCOL} {' '.join(payload_types)}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
        "a=sendonly" if line.is_active else "a=inactive",
        *_transport(local, "actpass"),
        *(_video_codec(codec) if is_video else _audio_codec(line.fmtp or _OPUS_FMTP)),
        *(_track(line) if line.is_active else ()),
    ]


def _video_codec(name: str) -> list[str]:
    payload_type, rtx = SUBSCRIBE_CODECS[name]
    return [
        f"a=extmap:{SUBSCRIBE_TRANSPORT_CC} {TRANSPORT_CC}",
        f"a=extmap:{SUBSCRIBE_PLAYOUT_DELAY} {PLAYOUT_DELAY}",
        f"a=rtpmap:{payload_type} {name.upper()}/90000",
        *(f"a=rtcp-fb:{payload_type} {item}" for item in _VIDEO_FEEDBACK),
        *((f"a=fmtp:{payload_type} {_VIDEO_FMTP[name]}",) if name in _VIDEO_FMTP else ()),
        f"a=rtpmap:{rtx} rtx/90000",
        f"a=fmtp:{rtx} apt={payload_type}",
    ]


def _audio_codec(fmtp: str) -> list[str]:
    payload_type, _ = SUBSCRIBE_CODECS["opus"]
    return [
        f"a=extmap:{SUBSCRIBE_AUDIO_LEVEL} {AUDIO_LEVEL}",
        f"a=extmap:{SUBSCRIBE_TRANSPORT_CC} {TRANSPORT_CC}",
        f"a=rtpmap:{payload_type} opus/48000/2",
        f"a=rtcp-fb:{payload_type} {' '.join(_AUDIO_FEEDBACK)}",
        f"a=fmtp:{payload_type} {fmtp}",
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
