"""What WHIP needs of SDP, as text: the media plane alone understands the rest (RFC 9725)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.access import Source
from server.domain.calls import SdpInvalid

SESSIONS_PER_PERSON = 4
SESSIONS_MAX = 64
_KEPT = ("a=mid:", "a=ice-ufrag:", "a=ice-pwd:", "a=ice-options:", "a=candidate:")
_SILENT = frozenset({"a=recvonly", "a=inactive"})


def sources_of(offer: str, video: Source) -> Mapping[str, Source]:
    """The first sound and the first picture that an offer sends, by mid. Raises SdpInvalid."""
    audio = Source.SCREEN_AUDIO if video is Source.SCREEN else Source.MICROPHONE
    wanted = {"audio": audio, "video": video}
    sources: dict[str, Source] = {}
    for section in _sections(offer)[1:]:
        kind, _, rest = section[0].removeprefix("m=").partition(" ")
        mid = _value(section, "a=mid:")
        is_refused = rest.startswith("0 ") and "a=bundle-only" not in section  # RFC 8843 §6
        is_sending = not _SILENT & set(section) and not is_refused
        if kind in wanted and mid and is_sending:
            sources[mid] = wanted.pop(kind)
    if not sources:
        raise SdpInvalid("The offer sends nothing.")
    return sources


def is_refused(answer: str) -> bool:
    """Whether an answer takes no line at all."""
    ports = [section[0].split(" ")[1:2] for section in _sections(answer)[1:]]
    return all(port == ["0"] for port in ports)


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a `application/trickle-ice-sdpfrag` (RFC 8840) tells of its sender's ICE."""

    ufrag: str
    password: str

    @classmethod
    def parse(cls, text: str) -> Fragment:
        """Raises SdpInvalid without both credentials."""
        lines = text.splitlines()
        ufrag, password = _value(lines, "a=ice-ufrag:"), _value(lines, "a=ice-pwd:")
        if not ufrag or not password:
            raise SdpInvalid("The fragment lacks a=ice-ufrag or a=ice-pwd.")
        return cls(ufrag, password)


def restarted(offer: str, fragment: Fragment) -> str:
    """The same offer under new ICE credentials (RFC 9725 §4.3.3)."""
    lines = []
    for line in offer.splitlines():
        if line.startswith("a=candidate:"):
            continue
        if line.startswith("a=ice-ufrag:"):
            line = f"a=ice-ufrag:{fragment.ufrag}"
        elif line.startswith("a=ice-pwd:"):
            line = f"a=ice-pwd:{fragment.password}"
        lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def fragment_of(answer: str) -> str:
    """The ICE part of an answer: its first line that is taken, as all are bundled."""
    for section in _sections(answer)[1:]:
        if section[0].split(" ")[1:2] != ["0"]:
            kept = [line for line in section if line.startswith(_KEPT)]
            return "\r\n".join(["a=ice-lite", section[0], *kept, "a=end-of-candidates"]) + "\r\n"
    raise SdpInvalid("The answer takes no line.")


def _sections(sdp: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line.strip())
    return sections


def _value(lines: list[str], name: str) -> str:
    return next((line.removeprefix(name).strip() for line in lines if line.startswith(name)), "")
