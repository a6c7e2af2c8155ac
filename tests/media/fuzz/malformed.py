"""Datagrams no honest browser sends: pure, seeded, without end."""

import contextlib
import random
import struct
from collections.abc import Callable, Iterator

import pylibsrtp
from aioice import stun

from tests.bench.rtc.secure import Certificate, Secure

FOREIGN = 4096
"""Sources that nobody announced; libsrtp keeps a list of those that it has protected."""


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Flip, cut, insert or repeat a few bytes."""
    mutated = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(mutated) + 1)
        match chance.randrange(5):
            case 0 if mutated:
                mutated[at % len(mutated)] = chance.randrange(256)
            case 1:
                del mutated[at:]
            case 2:
                mutated[at:at] = chance.randbytes(chance.randint(1, 40))
            case 3 if len(mutated) >= at + 2:
                mutated[at : at + 2] = chance.choice((b"\x00\x00", b"\xff\xff", b"\x7f\xff"))
            case _:
                mutated += mutated[:at]
    return bytes(mutated[:1400])


def protected(protect: Callable[[bytes], bytes], packets: Iterator[bytes]) -> Iterator[bytes]:
    """Those that libsrtp lets its own user send, under the peer's keys."""
    for packet in packets:
        with contextlib.suppress(pylibsrtp.Error):
            yield protect(packet)


def stun_requests(seed: int, username: str, password: bytes) -> Iterator[bytes]:
    """Binding messages: broken, unauthenticated, or well signed and still nonsense."""
    chance = random.Random(seed)
    while True:
        kind = chance.choice(list(stun.Class))
        message = stun.Message(chance.choice(list(stun.Method)), kind, chance.randbytes(12))
        message.attributes["USERNAME"] = chance.choice(
            (username, username[::-1], ":", "", "x" * 600, "é:ü")
        )
        for name, value in (
            ("PRIORITY", chance.getrandbits(32)),
            ("ICE-CONTROLLING", chance.getrandbits(64)),
            ("ICE-CONTROLLED", chance.getrandbits(64)),
            ("USE-CANDIDATE", None),
            ("ERROR-CODE", (487, "Role Conflict")),
            ("XOR-MAPPED-ADDRESS", ("192.0.2.1", 9)),
        ):
            if chance.random() < 0.3:
                message.attributes[name] = value
        if chance.random() < 0.7:
            message.add_message_integrity(chance.choice((password, b"wrong")))
        data = bytes(message)
        yield mutate(data, chance) if chance.random() < 0.7 else data


def dtls_records(seed: int) -> Iterator[bytes]:
    """Client hellos and records with lengths, epochs and fragments that lie."""
    chance = random.Random(seed)
    (hello,) = Secure(Certificate().context(), "").handshake()
    while True:
        match chance.randrange(4):
            case 0:
                yield hello
            case 1:
                yield mutate(hello, chance)
            case 2:
                length = chance.choice((0, 1, 12, 200, 0xFFFF))
                head = struct.pack(
                    "!BHHIHH",
                    chance.randint(20, 63),
                    chance.choice((0xFEFF, 0xFEFD, 0, 0x0303)),
                    chance.choice((0, 1, 2, 0xFFFF)),
                    chance.getrandbits(32),
                    chance.getrandbits(16),
                    length,
                )
                yield head + chance.randbytes(chance.randint(0, 300))
            case _:
                total, at, size = (chance.getrandbits(24) for _ in range(3))
                fragment = bytes([chance.choice((1, 11, 16, 20))]) + b"".join(
                    value.to_bytes(3, "big") for value in (total, 0, at)
                )
                body = fragment + size.to_bytes(3, "big") + chance.randbytes(50)
                yield struct.pack("!BHHIHH", 22, 0xFEFD, 0, 0, 1, len(body)) + body


def rtp_packets(seed: int, ssrcs: list[int]) -> Iterator[bytes]:
    """RTP whose extensions, padding, payload descriptors and streams make no sense."""
    chance = random.Random(seed)
    foreign = [chance.getrandbits(32) for _ in range(FOREIGN)]
    sequence = 0
    while True:
        sequence += chance.choice((1, 1, 1, 1, 2, -1, 40, 3000))
        flags = 0x80 | (chance.choice((0, 0, 1)) << 5) | (chance.choice((0, 1)) << 4)
        payload_type = chance.choice((96, 97, 111, 63, 0, 127)) | chance.choice((0, 0x80))
        header = struct.pack(
            "!BBHII",
            flags | chance.choice((0, 0, 0, 3, 15)),
            payload_type,
            sequence & 0xFFFF,
            chance.getrandbits(32),
            chance.choice((*ssrcs, chance.choice(foreign))),
        )
        header += chance.randbytes(4 * (header[0] & 0x0F))
        if flags & 0x10:
            words = chance.choice((0, 1, 4, 20))
            profile = chance.choice((0xBEDE, 0x1000, 0x100F, 0, 0xFFFF))
            header += struct.pack("!HH", profile, words) + chance.randbytes(4 * words)
        yield header + chance.randbytes(chance.choice((0, 1, 2, 3, 4, 8, 60, 900)))


def rtcp_packets(seed: int, ssrcs: list[int]) -> Iterator[bytes]:
    """RTCP of every type with counts and lengths that lie."""
    chance = random.Random(seed)
    foreign = [chance.getrandbits(32) for _ in range(FOREIGN)]
    while True:
        compound = b""
        for _ in range(chance.randint(1, 3)):
            body = struct.pack("!I", chance.choice((*ssrcs, 0, chance.choice(foreign))))
            body += struct.pack("!I", chance.choice((*ssrcs, 0)))
            body += chance.randbytes(chance.choice((0, 4, 8, 12, 20, 40, 400)))
            words = len(body) // 4
            if chance.random() < 0.3:
                words = chance.choice((0, 1, words + 1, 0xFFFF))
            kind = chance.choice((192, 199, 200, 201, 202, 203, 204, 205, 206, 207, 223))
            format_ = chance.choice((0, 1, 2, 4, 15, 31))
            compound += struct.pack("!BBH", 0x80 | format_, kind, words) + body
        yield compound[: chance.choice((8, 12, 1200, 1200, 1200))]


def garbage(seed: int) -> Iterator[bytes]:
    """Bytes, the empty datagram included."""
    chance = random.Random(seed)
    while True:
        yield chance.randbytes(chance.choice((0, 1, 2, 3, 12, 20, 100, 1400)))


def frames(seed: int, contents: list[Iterator[bytes]]) -> Iterator[bytes]:
    """Pieces of an RFC 4571 stream: frames of nonsense, lengths that lie, halves."""
    chance = random.Random(seed)
    while True:
        body = next(chance.choice(contents))
        length = len(body)
        if chance.random() < 0.02:
            length = chance.choice((0, 1, length + 1, max(0, length - 1), 2049, 0xFFFF))
        frame = struct.pack("!H", length) + body
        yield frame[: chance.randrange(len(frame))] if chance.random() < 0.01 else frame
