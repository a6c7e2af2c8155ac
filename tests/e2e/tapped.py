"""What somebody inside the media worker could make of the packets it forwards."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from media.recording.depacketizers import Vp8Depacketizer
from media.recording.sequencer import Packet
from tests.e2e.product import ROOT

HOOK = Path(__file__).parent / "tap"
Keys = Mapping[int, bytes]
"""Base keys of one sender by KID."""


@dataclass(frozen=True)
class Frame:
    """An encoded picture of one stream, and which record completed it."""

    ssrc: int
    number: int
    data: bytes


class Tap:
    """The file into which a worker's tap writes."""

    def __init__(self, home: Path) -> None:
        self.file = home / "tapped.jsonl"

    def settings(self) -> Mapping[str, str]:
        """The environment in which a product is tapped."""
        return {"PYTHONPATH": f"{HOOK}:{ROOT}", "PYTHONTAP": str(self.file)}

    def records(self) -> list[dict[str, Any]]:
        """Everything so far."""
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def pictures(self, peer: str, since: int = 0) -> list[Frame]:
        """A camera's encoded frames, put together of their packets; from a record on."""
        streams: dict[int, dict[int, tuple[int, dict[str, Any]]]] = {}
        for number, one in enumerate(self.records()):
            if one["peer"] == peer and one["source"] == "camera":
                streams.setdefault(one["ssrc"], {})[one["index"]] = (number, one)
        frames = [frame for ssrc, packets in streams.items() for frame in _joined(ssrc, packets)]
        return [frame for frame in frames if frame.number >= since]


def _joined(ssrc: int, packets: Mapping[int, tuple[int, dict[str, Any]]]) -> Iterator[Frame]:
    depacketizer, before = Vp8Depacketizer(), None
    for index in sorted(packets):
        number, one = packets[index]
        if before is not None and index != before + 1:
            depacketizer.add(None)
        before = index
        payload = base64.b64decode(one["payload"])
        packet = Packet(index, one["timestamp"], one["is_last"], payload, 0.0)
        frame = depacketizer.add(packet)
        if frame is not None:
            yield Frame(ssrc, number, frame.data)


def decoded(frames: Iterable[Frame], is_it: Callable[[Sequence[bytes]], bool]) -> int:
    """How many of these frames a decoder turns into the picture that was filmed."""
    found = 0
    decoders: dict[int, Any] = {}
    for frame in frames:
        decoder = decoders.setdefault(frame.ssrc, av.CodecContext.create("vp8", "r"))
        try:
            pictures = decoder.decode(av.Packet(frame.data))
        except av.FFmpegError:
            continue
        found += sum(is_it(_rows(picture)) for picture in pictures)
    return found


def _rows(picture: Any) -> list[bytes]:
    """Brightness, line by line."""
    plane = picture.reformat(format="gray").planes[0]
    data, step = bytes(plane), plane.line_size
    return [data[step * y : step * y + picture.width] for y in range(picture.height)]


def opened(frames: Iterable[Frame], keys: Keys) -> list[Frame]:
    """Those frames that the keys open (docs/protocol.md, end-to-end encryption; RFC 9605)."""
    found = []
    for frame in frames:
        clear = 3 if frame.data[0] & 1 else 10
        plain = _opened(frame.data[:clear], frame.data[clear:], keys)
        if plain is not None:
            found.append(Frame(frame.ssrc, frame.number, frame.data[:clear] + plain))
    return found


def _opened(clear: bytes, sealed: bytes, keys: Keys) -> bytes | None:
    kid, at = _field(sealed[0] >> 4, sealed, 1)
    counter, at = _field(sealed[0] & 15, sealed, at)
    if kid not in keys:
        return None
    label = kid.to_bytes(8, "big") + (5).to_bytes(2, "big")
    key = HKDF(SHA512(), 32, b"", b"SFrame 1.0 Secret key " + label).derive(keys[kid])
    salt = HKDF(SHA512(), 12, b"", b"SFrame 1.0 Secret salt " + label).derive(keys[kid])
    nonce = bytes(a ^ b for a, b in zip(salt, counter.to_bytes(12, "big"), strict=True))
    try:
        return AESGCM(key).decrypt(nonce, sealed[at:], sealed[:at] + b"camera\0" + clear)
    except InvalidTag:
        return None


def _field(bits: int, sealed: bytes, at: int) -> tuple[int, int]:
    if not bits & 8:
        return bits, at
    end = at + (bits & 7) + 1
    return int.from_bytes(sealed[at:end], "big"), end
