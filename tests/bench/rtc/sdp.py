"""The SDP a browser would write, and the little that is read from the server's."""

from dataclasses import dataclass, field

VIDEO_PT, RTX_PT, AUDIO_PT = 96, 97, 111
AUDIO_LEVEL, ABS_SEND_TIME, TRANSPORT_CC, MID = (
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
)
_EXTENSIONS = {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, TRANSPORT_CC: 3, MID: 4}
_CODECS = {
    "video": (
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:96 goog-remb",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 ccm fir",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
    ),
    "audio": (
        "a=rtpmap:111 opus/48000/2",
        "a=rtcp-fb:111 transport-cc",
        "a=fmtp:111 minptime=10;useinbandfec=1",
    ),
}


@dataclass(slots=True)
class Section:
    """One m-line."""

    kind: str
    port: int
    profile: str
    formats: list[str]
    lines: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Values of every `a=name:value`."""
        prefix = f"a={name}:"
        return [line[len(prefix) :] for line in self.lines if line.startswith(prefix)]

    def one(self, name: str) -> str | None:
        """The first value of `a=name:value`."""
        return next(iter(self.all(name)), None)

    @property
    def mid(self) -> str:
        """The m-line's identification tag."""
        return self.one("mid") or ""

    @property
    def direction(self) -> str:
        """sendrecv unless said otherwise (RFC 8866 §6.7)."""
        directions = ("sendonly", "recvonly", "inactive", "sendrecv")
        return next((d for d in directions if f"a={d}" in self.lines), "sendrecv")

    def payload_types(self, codec: str) -> list[int]:
        """Of a codec's a=rtpmap lines."""
        maps = (value.partition(" ") for value in self.all("rtpmap"))
        return [int(number) for number, _, name in maps if name.lower().startswith(codec + "/")]

    def extension(self, uri: str) -> int | None:
        """The header extension's id."""
        for value in self.all("extmap"):
            number, _, name = value.partition(" ")
            if name.split(" ")[0] == uri:
                return int(number.split("/")[0])
        return None


@dataclass(slots=True)
class Remote:
    """What the transport needs of the server's description."""

    ufrag: str
    password: str
    fingerprint: str
    candidates: list[tuple[str, int]]
    sections: list[Section]


def session(sdp: str) -> str:
    """The session id of the origin line (RFC 8866 §5.2)."""
    origin = next((line for line in sdp.splitlines() if line.startswith("o=")), "o=- ")
    return origin.split(" ")[1]


def parse(sdp: str) -> Remote:
    """Raises ValueError where a bundled transport cannot be made of it."""
    session: list[str] = []
    sections: list[Section] = []
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind, port, profile, *formats = line[2:].split(" ")
            sections.append(Section(kind, int(port), profile, formats))
        else:
            (sections[-1].lines if sections else session).append(line)
    transport = [s for s in sections if s.port != 0] or sections
    return Remote(
        _find("ice-ufrag", session, transport),
        _find("ice-pwd", session, transport),
        _find("fingerprint", session, transport, prefix="sha-256 "),
        [c for section in transport for c in _candidates(section)],
        sections,
    )


def _find(name: str, session: list[str], sections: list[Section], prefix: str = "") -> str:
    for lines in (session, *(section.lines for section in sections)):
        for line in lines:
            if line.startswith(f"a={name}:{prefix}"):
                return line.partition(":")[2][len(prefix) :]
    raise ValueError(f"SDP without {name}")


def _candidates(section: Section) -> list[tuple[str, int]]:
    found = []
    for candidate in section.all("candidate"):
        _, component, transport, _, address, port, *_ = candidate.split(" ")
        if component == "1" and transport.lower() == "udp":
            found.append((address, int(port)))
    return found


@dataclass(frozen=True, slots=True)
class Local:
    """What the client says of its own transport."""

    ufrag: str
    password: str
    fingerprint: str
    setup: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Track:
    """One sent or received m-line of an offer."""

    mid: str
    kind: str
    direction: str
    ssrc: int = 0
    rtx_ssrc: int = 0


def offer(local: Local, tracks: list[Track]) -> str:
    """An offer with one m-line a track, all bundled."""
    lines = _head([track.mid for track in tracks])
    for track in tracks:
        formats = "96 97" if track.kind == "video" else "111"
        lines += [
            f"m={track.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
            *_transport(local),
            f"a=mid:{track.mid}",
            *(f"a=extmap:{number} {uri}" for uri, number in _EXTENSIONS.items()),
            f"a={track.direction}",
            *_CODECS[track.kind],
            *_ssrcs(track),
        ]
    return "\r\n".join(lines) + "\r\n"


def _ssrcs(track: Track) -> list[str]:
    if track.direction != "sendonly":
        return []
    about = ("cname:generator", f"msid:stream {track.kind}{track.mid}")
    lines = [f"a=msid:stream {track.kind}{track.mid}"]
    ssrcs = [track.ssrc]
    if track.kind == "video":
        lines.append(f"a=ssrc-group:FID {track.ssrc} {track.rtx_ssrc}")
        ssrcs.append(track.rtx_ssrc)
    return lines + [f"a=ssrc:{ssrc} {value}" for ssrc in ssrcs for value in about]


def answer(local: Local, remote: Remote) -> str:
    """Accept everything offered, as the receiving end."""
    lines = _head([s.mid for s in remote.sections if s.port != 0])
    echoed = ("a=mid:", "a=extmap:", "a=rtpmap:", "a=fmtp:", "a=rtcp-fb:")
    for section in remote.sections:
        direction = "recvonly" if section.direction.startswith("send") else "inactive"
        port = 9 if section.port else 0
        lines += [
            f"m={section.kind} {port} {section.profile} {' '.join(section.formats)}",
            *_transport(local),
            f"a={direction}",
            *(line for line in section.lines if line.startswith(echoed)),
        ]
    return "\r\n".join(lines) + "\r\n"


def _head(mids: list[str]) -> list[str]:
    return [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=msid-semantic: WMS stream",
    ]


def _transport(local: Local) -> list[str]:
    return [
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{local.setup}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=candidate:1 1 udp 2130706431 {local.address} {local.port} typ host",
        "a=end-of-candidates",
    ]
