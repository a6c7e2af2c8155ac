"""The one door to aiortc and aioice: SDP parsing and STUN messages in our own types."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aioice import stun
from aiortc import sdp as aiortc_sdp

_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, slots=True)
class Codec:
    """A payload type of an m-line."""

    payload_type: int
    name: str  # lower case: vp8, rtx, opus
    clock_rate: int
    channels: int | None
    parameters: Mapping[str, int | str | None]
    feedback: frozenset[str]  # "nack", "nack pli", …

    @property
    def fmtp(self) -> str:
        """The parameters as an a=fmtp value, empty without any."""
        text: str = aiortc_sdp.parameters_to_sdp(dict(self.parameters))
        return text


@dataclass(frozen=True, slots=True)
class MediaLine:
    """One m-line of a browser's description."""

    kind: str
    protocol: str
    formats: tuple[str, ...]
    port: int
    mid: str
    direction: str
    codecs: tuple[Codec, ...]
    extensions: Mapping[str, int]  # URI → id
    ssrcs: tuple[int, ...]
    rids: tuple[str, ...]  # of the layers it sends, in its order (RFC 8851, RFC 8853)
    repairs: Mapping[int, int]  # RTX SSRC → SSRC (RFC 5576 §4.2, RFC 4588 §8.8)
    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str


def parse_sdp(text: str) -> tuple[MediaLine, ...]:
    """The m-lines; raises ValueError. Attributes of the session are spread over its lines."""
    try:
        session = aiortc_sdp.SessionDescription.parse(text)
        rids = _rids(text)
        return tuple(_line(media, rids[i]) for i, media in enumerate(session.media))
    except Exception as error:  # the parser asserts, unpacks and looks up without checking
        raise ValueError("session description cannot be parsed") from error


def _rids(text: str) -> list[tuple[str, ...]]:
    """What each m-line sends: of alternatives the first, paused or not."""
    found: list[tuple[str, ...]] = []
    for line in text.splitlines():
        if line.startswith("m="):
            found.append(())
        elif line.startswith("a=simulcast:") and found:
            fields = line[len("a=simulcast:") :].split()
            sent = dict(zip(fields[::2], fields[1::2], strict=False)).get("send", "")
            names = (part.split(",")[0].lstrip("~") for part in sent.split(";"))
            found[-1] = tuple(dict.fromkeys(name for name in names if _RID.fullmatch(name)))
    return found


def _line(media: Any, rids: tuple[str, ...]) -> MediaLine:
    return MediaLine(
        kind=media.kind,
        protocol=media.profile,
        formats=tuple(str(value) for value in media.fmt),
        port=media.port,
        mid=media.rtp.muxId,
        direction=media.direction or "sendrecv",
        codecs=tuple(_codec(codec) for codec in media.rtp.codecs),
        extensions={extension.uri: extension.id for extension in media.rtp.headerExtensions},
        ssrcs=tuple(described.ssrc for described in media.ssrc),
        rids=rids,
        repairs={
            group.items[1]: group.items[0]
            for group in media.ssrc_group
            if group.semantic == "FID" and len(group.items) == 2
        },
        ufrag=media.ice.usernameFragment or "",
        password=media.ice.password or "",
        fingerprints=tuple(
            (fingerprint.algorithm, fingerprint.value)
            for fingerprint in (media.dtls.fingerprints if media.dtls else ())
        ),
        setup=aiortc_sdp.DTLS_ROLE_SETUP[media.dtls.role] if media.dtls else "",
    )


def _codec(codec: Any) -> Codec:
    return Codec(
        payload_type=codec.payloadType,
        name=codec.mimeType.split("/", 1)[1].lower(),
        clock_rate=codec.clockRate,
        channels=codec.channels,
        parameters=codec.parameters,
        feedback=frozenset(
            f"{feedback.type} {feedback.parameter}" if feedback.parameter else feedback.type
            for feedback in codec.rtcpFeedback
        ),
    )


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A connectivity check (RFC 8445 §7.1), not yet authenticated."""

    local_ufrag: str
    remote_ufrag: str
    priority: int
    is_nominating: bool
    is_controlled: bool  # the sender takes the role that is ours
    _message: stun.Message = field(repr=False)

    @classmethod
    def parse(cls, datagram: bytes) -> "BindingRequest | None":
        """The request, None for any other STUN message; raises ValueError."""
        try:
            message = stun.parse_message(datagram)
        except (ValueError, struct.error) as error:
            raise ValueError("STUN message is malformed") from error
        if (message.message_method, message.message_class) != (
            stun.Method.BINDING,
            stun.Class.REQUEST,
        ):
            return None
        attributes = message.attributes
        local, _, remote = attributes.get("USERNAME", "").partition(":")
        return cls(
            local_ufrag=local,
            remote_ufrag=remote,
            priority=attributes.get("PRIORITY", 0),
            is_nominating="USE-CANDIDATE" in attributes,
            is_controlled="ICE-CONTROLLED" in attributes,
            _message=message,
        )

    def is_authentic(self, password: str) -> bool:
        """Whether its MESSAGE-INTEGRITY was made with this password (RFC 8489 §9.1)."""
        return self._message.check_message_integrity(password.encode())

    def success(self, address: tuple[str, int], password: str) -> bytes:
        """The response that mirrors the sender's address."""
        return self._response(stun.Class.RESPONSE, {"XOR-MAPPED-ADDRESS": address}, password)

    def role_conflict(self, password: str) -> bytes:
        """The error that makes the sender take the controlling role (RFC 8445 §7.3.1.1)."""
        error = {"ERROR-CODE": (487, "Role Conflict")}
        return self._response(stun.Class.ERROR, error, password)

    def _response(self, kind: stun.Class, attributes: dict[str, Any], password: str) -> bytes:
        response = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=kind,
            transaction_id=self._message.transaction_id,
            attributes=attributes,
        )
        response.add_message_integrity(password.encode())
        return bytes(response)
