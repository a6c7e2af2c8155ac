"""Batches of sealed packets to one peer, sent with as few system calls as sizes allow."""

import errno
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from media.protocol import DropReason
from media.rtp.sent import SentLog
from media.worker.hub import Hub
from media.worker.srtp import TAG_BYTES, GcmSender, Sender, SrtpError

if TYPE_CHECKING:
    from media.worker.port import Path as DatagramPath
    from media.worker.stream import StreamPath

SOL_UDP = 17
UDP_SEGMENT = 103  # linux/udp.h
SEGMENTS_MAX = 64
CAPACITY = 32 * 1024
PACKET_MAX = 1500
_SEGMENT = {
    size: ((SOL_UDP, UDP_SEGMENT, struct.pack("=H", size)),) for size in range(1, PACKET_MAX + 1)
}
_NO_SEGMENTATION = frozenset({errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP})


# Header, payload, packet index salted for the nonce: a plain tuple, made for each packet.
Unsealed = tuple[bytes, bytes, int]


class Egress:
    """Seals into one buffer and flushes it at the end of each receive batch (hot path).

    When the socket is full the rest of the batch is dropped and counted: video mends itself
    by retransmission, audio by its error correction.
    """

    __slots__ = (
        "_buffer",
        "_encrypt_into",
        "_hub",
        "_may_segment",
        "_sizes",
        "_used",
        "is_silent",
        "path",
        "sender",
        "sent",
        "spoken",
    )

    def __init__(self, hub: Hub, sender: Sender) -> None:
        self._hub = hub
        self.sender = sender
        self._encrypt_into = sender.encrypt_into if isinstance(sender, GcmSender) else None
        self._buffer = memoryview(bytearray(CAPACITY))
        self._used = 0
        self._sizes: list[int] = []
        self._may_segment = True
        self.is_silent = False  # nothing left since somebody set this
        self.sent = SentLog()
        self.path: DatagramPath | StreamPath | None = None
        self.spoken: set[int] = set()  # payload types that a full stream drops last

    def write(self, packets: Sequence[Unsealed]) -> None:
        """Seal RTP packets into the batch."""
        encrypt_into = self._encrypt_into
        buffer, sizes, end = self._buffer, self._sizes, self._used
        if not sizes:
            self._hub.dirty.append(self)
        for header, payload, nonce in packets:
            start = end
            body = start + len(header)
            end = body + len(payload) + TAG_BYTES
            if end > CAPACITY or end - start > PACKET_MAX:
                if end - start > PACKET_MAX:
                    self._hub.drop(DropReason.OVERSIZED)
                    end = start
                    continue
                self.flush(self._hub.clock())
                start, body, end = 0, body - start, end - start
            if encrypt_into is not None:
                buffer[start:body] = header
                encrypt_into(nonce.to_bytes(12, "big"), payload, header, buffer[body:end])
            else:
                end = start + self._seal(header, payload, nonce, buffer[start:end])
            if end > start:
                sizes.append(end - start)
                self._used = end

    def _seal(self, header: bytes, payload: bytes, nonce: int, into: memoryview) -> int:
        """Bytes written, none when it does not fit."""
        try:
            return self.sender.seal_rtp(header, payload, nonce, into)
        except SrtpError:
            self._hub.drop(DropReason.OVERSIZED)
            return 0

    def send_rtcp(self, compound: bytes) -> None:
        """Seal and send a compound at once."""
        path = self.path
        self.is_silent = False
        if path is not None:
            path.send(self.sender.seal_rtcp(compound))

    def flush(self, now: float) -> None:
        """Send the batch: equal sizes, closed by at most one smaller, share a system call."""
        self.sent.stamp(now)
        self.is_silent = False
        sizes = self._sizes
        path = self.path
        if path is not None and sizes:
            used, count = self._used, len(sizes)
            if path.is_stream:
                self._flush_stream(path)
            elif count == 1 or (self._may_segment and _may_share(sizes, count)):
                self._send(path, self._buffer[:used], sizes[0], count)
            else:
                self._send_groups(path, sizes, count)
        sizes.clear()
        self._used = 0

    def _send_groups(self, path: "DatagramPath", sizes: list[int], count: int) -> None:
        start = index = 0
        while index < count:
            size = sizes[index]
            end = start + size
            first = index
            index += 1
            if self._may_segment:
                limit = min(count, first + SEGMENTS_MAX)
                while index < limit and sizes[index] == size:
                    end += size
                    index += 1
                if index < limit and sizes[index] < size:
                    end += sizes[index]
                    index += 1
            self._send(path, self._buffer[start:end], size, index - first)
            start = end

    def _flush_stream(self, path: "StreamPath") -> None:
        packets, octets = path.send_batch(self._buffer[: self._used], self._sizes, self.spoken)
        self._hub.packets_out += packets
        self._hub.bytes_out += octets

    def _send(self, path: "DatagramPath", data: memoryview, segment: int, count: int) -> None:
        try:
            if count == 1:
                path.socket.sendto(data, path.address)
            else:
                path.socket.sendmsg((data,), _SEGMENT[segment], 0, path.address)
        except BlockingIOError:
            self._hub.drop(DropReason.SEND_BLOCKED, count)
        except OSError as error:
            if count > 1 and error.errno in _NO_SEGMENTATION:
                self._may_segment = False
                self._send_singly(path, data, segment)
            else:
                self._hub.drop(DropReason.SEND_FAILED, count)
        else:
            self._hub.packets_out += count
            self._hub.bytes_out += len(data)

    def _send_singly(self, path: "DatagramPath", data: memoryview, segment: int) -> None:
        for start in range(0, len(data), segment):
            self._send(path, data[start : start + segment], segment, 1)


def _may_share(sizes: list[int], count: int) -> bool:
    """Whether one system call can send them all."""
    size = sizes[0]
    equal = sizes.count(size)
    return count <= SEGMENTS_MAX and (equal == count or (equal == count - 1 and sizes[-1] < size))
