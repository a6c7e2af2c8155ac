"""Many datagrams a system call, through recvmmsg(2): a sink faster than any server under test."""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator

AT_ONCE = 64
SLOT = 2048
CONTROL = 64  # one SO_TIMESTAMPNS message and room to spare
SO_MEMINFO = 55  # asm-generic/socket.h
_TIME, _TIME_AT = struct.Struct("=qq"), 16  # struct timespec behind struct cmsghdr
_MEMINFO_DROPS = 8  # linux/sock_diag.h: SK_MEMINFO_DROPS
_HEADER_BYTES, _LENGTH_AT = 64, 56  # struct mmsghdr on 64-bit Linux


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_size_t),  # an int and its padding
        ("length", ctypes.c_uint32),
    )


class Sink:
    """One buffer for every socket of the process."""

    def __init__(self) -> None:
        assert ctypes.sizeof(_Message) == _HEADER_BYTES
        self._receive = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._buffer = bytearray(AT_ONCE * SLOT)
        self._view = memoryview(self._buffer)
        slots = (ctypes.c_char * len(self._buffer)).from_buffer(self._buffer)
        base = ctypes.addressof(slots)
        self._vectors = (_Vector * AT_ONCE)(
            *(_Vector(base + i * SLOT, SLOT) for i in range(AT_ONCE))
        )
        self._control = bytearray(AT_ONCE * CONTROL)
        controls = (ctypes.c_char * len(self._control)).from_buffer(self._control)
        control = ctypes.addressof(controls)
        first = ctypes.addressof(self._vectors)
        size = ctypes.sizeof(_Vector)
        self._headers = (_Message * AT_ONCE)(
            *(
                _Message(None, 0, first + i * size, 1, control + i * CONTROL, CONTROL, 0, 0)
                for i in range(AT_ONCE)
            )
        )
        self._fresh = bytes(self._headers)  # the kernel overwrites sizes
        self._lengths = (
            memoryview(self._headers).cast("B").cast("I")[_LENGTH_AT // 4 :: _HEADER_BYTES // 4]
        )

    def receive(self, end: socket.socket) -> Iterator[tuple[memoryview, memoryview, int]]:
        """Batches that wait: slots of SLOT bytes, the length in each, how many."""
        while True:
            ctypes.memmove(self._headers, self._fresh, len(self._fresh))
            count = self._receive(end.fileno(), self._headers, AT_ONCE, socket.MSG_DONTWAIT, None)
            if count <= 0:
                if ctypes.get_errno() in (0, 11, 111):  # again, refused
                    return
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            yield self._view, self._lengths, count
            if count < AT_ONCE:
                return

    def arrived_us(self, place: int) -> int:
        """When the kernel took the datagram in this slot."""
        seconds, nanoseconds = _TIME.unpack_from(self._control, place * CONTROL + _TIME_AT)
        return int(seconds * 1_000_000 + nanoseconds // 1000)


def dropped(end: socket.socket) -> int:
    """Datagrams the kernel threw away because this socket was not read fast enough."""
    values = end.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 64)
    return int(struct.unpack_from("=I", values, 4 * _MEMINFO_DROPS)[0])
