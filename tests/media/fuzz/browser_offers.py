"""Real browsers' offers, and what becomes of them under a seeded mutator."""

import random
from collections.abc import Iterator
from pathlib import Path

FIXTURES = Path(__file__).with_name("offers")
_VALUES = ("", "-1", "0", "65536", "4294967296", "9" * 40, "é", "\x00", "*", "a b c", "../..", "%s")
_LINES = (
    "a=rtpmap:96 VP8",
    "a=rtpmap:999 VP8/90000",
    "a=fmtp:97 apt=97",
    "a=fmtp:96 apt=",
    "a=extmap:0 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:15/x urn:x",
    "a=extmap:99999 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=ssrc:4294967296 cname:x",
    "a=ssrc-group:FID 1",
    "a=ssrc-group:FID x y",
    "a=group:BUNDLE 0 0 7",
    "a=mid:0",
    "a=setup:holdconn",
    "a=fingerprint:md5 00",
    "a=fingerprint:sha-256 zz",
    "a=candidate:1 1 udp x 127.0.0.1 y typ host",
    "a=ice-ufrag:" + "u" * 5000,
    "a=simulcast:send q;h;f;;~",
    "a=rid:q recv pt=",
    "a=sctp-port:x",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "m=video 0 UDP/TLS/RTP/SAVPF",
    "m=audio 9 RTP/AVP 0",
    "m=",
    "m=video x y z",
    "a=recvonly",
    "a=inactive",
    "c=IN IP6 ::",
    "a=rtcp-fb:* nack",
    "b=AS:-1",
)


def real() -> list[str]:
    """The captured offers, as written by the browsers."""
    return [path.read_bytes().decode() for path in sorted(FIXTURES.glob("*.sdp"))]


def mutated(seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Offers with one to five mutations, and sources that mostly fit them."""
    chance = random.Random(seed)
    originals = real()
    while True:
        yield broken(chance.choice(originals), chance), _sources(chance)


def broken(description: str, chance: random.Random) -> str:
    """The description after one to five mutations."""
    for _ in range(chance.randint(1, 5)):
        description = chance.choice(_MUTATIONS)(description, chance)
    return description[: 64 * 1024]


def _sources(chance: random.Random) -> dict[str, str]:
    sources = {"0": "microphone", "1": "camera", "2": "screen", "3": "screen_audio"}
    if chance.random() < 0.2:
        mid = chance.choice(("0", "1", "7", "", "x" * 300))
        sources[mid] = chance.choice(("camera", "microphone", "hologram", ""))
    return dict(list(sources.items())[: chance.randint(1, 5)])


def _lines(offer: str) -> list[str]:
    return offer.splitlines(keepends=True) or [""]


def _delete(offer: str, chance: random.Random) -> str:
    lines = _lines(offer)
    at = chance.randrange(len(lines))
    del lines[at : at + chance.choice((1, 1, 1, 5, 40))]
    return "".join(lines)


def _duplicate(offer: str, chance: random.Random) -> str:
    lines = _lines(offer)
    at = chance.randrange(len(lines))
    lines[at:at] = lines[at : at + chance.choice((1, 1, 3, 60))] * chance.choice((1, 1, 30))
    return "".join(lines)


def _swap(offer: str, chance: random.Random) -> str:
    lines = _lines(offer)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def _insert(offer: str, chance: random.Random) -> str:
    lines = _lines(offer)
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(_LINES) + "\r\n")
    return "".join(lines)


def _value(offer: str, chance: random.Random) -> str:
    lines = _lines(offer)
    at = chance.randrange(len(lines))
    words = lines[at].replace(":", ": ").split(" ")
    words[chance.randrange(len(words))] = chance.choice(_VALUES)
    lines[at] = " ".join(words).replace(": ", ":").rstrip("\r\n") + "\r\n"
    return "".join(lines)


def _truncate(offer: str, chance: random.Random) -> str:
    return offer[: chance.randrange(len(offer) + 1)]


def _character(offer: str, chance: random.Random) -> str:
    at = chance.randrange(len(offer) + 1)
    return offer[:at] + chance.choice("\x00\n\r :=;/\ud800é𝄞0z") + offer[at + 1 :]


def _line_ends(offer: str, chance: random.Random) -> str:
    return offer.replace("\r\n", chance.choice(("\n", "\r", "\r\n\r\n", " \r\n", "\x0b")))


def _inflate(offer: str, chance: random.Random) -> str:
    sections = offer.split("m=")
    return "m=".join(sections + sections[1:] * chance.choice((1, 4, 20)))


_MUTATIONS = (
    _delete,
    _delete,
    _duplicate,
    _swap,
    _insert,
    _insert,
    _value,
    _value,
    _value,
    _truncate,
    _character,
    _line_ends,
    _inflate,
)
