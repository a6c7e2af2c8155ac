"""Batches of sealed packets to one peer, sent with as few system calls as sizes allow."""

import errno
import struct
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
        self.sent = SentLog()
        self.path: DatagramPath | StreamPath | None = None
        self.spoken: set[int] = set()  # payload types that a full stream drops last

    def write(self, header: bytes, payload: bytes, nonce: int) -> None:
        """Seal one RTP packet into the batch."""
        start = self._used
        body = start + len(header)
        end = body + len(payload) + TAG_BYTES
        if end > CAPACITY or end - start > PACKET_MAX:
            self._write_after_flush(header, payload, nonce)
            return
        encrypt_into = self._encrypt_into
        if encrypt_into is not None:
            buffer = self._buffer
            buffer[start:body] = header
            encrypt_into(nonce.to_bytes(12, "big"), payload, header, buffer[body:end])
        else:
            try:
                end = start + self.sender.seal_rtp(header, payload, nonce, self._buffer[start:end])
            except SrtpError:
                self._hub.drop(DropReason.OVERSIZED)
                return
        sizes = self._sizes
        if not sizes:
            self._hub.dirty.append(self)
        sizes.append(end - start)
        self._used = end

    def _write_after_flush(self, header: bytes, payload: bytes, nonce: int) -> None:
        if len(header) + len(payload) + TAG_BYTES > PACKET_MAX:
            self._hub.drop(DropReason.OVERSIZED)
        else:
            self.flush(self._hub.clock())
            self._hub.dirty.remove(self)
            self.write(header, payload, nonce)

    def send_rtcp(self, compound: bytes) -> None:
        """Seal and send a compound at once."""
        path = self.path
        if path is not None:
            path.send(self.sender.seal_rtcp(compound))

    def flush(self, now: float) -> None:
        """Send the batch: equal sizes, closed by at most one smaller, share a system call."""
        self.sent.stamp(now)
        sizes = self._sizes
        path = self.path
        if path is None or not sizes:
            sizes.clear()
            self._used = 0
            return
        if path.is_stream:
            self._flush_stream(path)
            return
        buffer = self._buffer
        start = index = 0
        count = len(sizes)
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
            self._send(path, buffer[start:end], size, index - first)
            start = end
        sizes.clear()
        self._used = 0

    def _flush_stream(self, path: "StreamPath") -> None:
        packets, octets = path.send_batch(self._buffer[: self._used], self._sizes, self.spoken)
        self._hub.packets_out += packets
        self._hub.bytes_out += octets
        self._sizes.clear()
        self._used = 0

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
