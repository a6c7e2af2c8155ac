"""The worker's end of the control channel: requests in, replies and events out."""

import contextlib
import socket
import sys
import traceback
from collections.abc import Callable

from media.protocol import ErrorCode, Event, Failure, FromWorker, MediaError, Reply
from media.wire import FrameDecoder, ProtocolError, decode_request, encode_from_worker
from media.worker.loop import EventLoop
from media.worker.service import Worker

READ_BYTES = 64 * 1024
WRITE_BUFFER_MAX = 16 * 1024 * 1024


class Control:
    """Ends the worker when the channel closes, breaks the framing or is not read."""

    def __init__(
        self,
        loop: EventLoop,
        channel: socket.socket,
        make_worker: Callable[[Callable[[Event], None]], Worker],
        closed: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._channel = channel
        self._closed = closed
        self._decoder = FrameDecoder()
        self._unsent = bytearray()
        self._worker = make_worker(self._write)
        channel.setblocking(False)
        loop.add_reader(channel.fileno(), self._read)

    def close(self) -> None:
        """The pool is gone: end; idempotent."""
        fd = self._channel.fileno()
        if fd < 0:
            return
        self._loop.remove_reader(fd)
        self._loop.remove_writer(fd)
        self._channel.close()
        self._worker.close()
        self._closed()

    def _read(self) -> None:
        """Handle each complete request; framing errors cannot be recovered from."""
        try:
            data = self._channel.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            data = b""
        if not data:
            return self.close()
        try:
            for message in self._decoder.feed(data):
                self._handle(message)
        except ProtocolError:
            self.close()
        return None

    def _handle(self, message: dict[str, object]) -> None:
        try:
            request_id, request = decode_request(message)
        except ProtocolError as error:
            request_id = message.get("id")  # type: ignore[assignment]  # checked below
            if type(request_id) is not int:
                raise
            return self._write(Failure(request_id, ErrorCode.PROTOCOL_INVALID, str(error)))
        try:
            return self._write(Reply(request_id, self._worker.handle(request)))
        except MediaError as error:
            return self._write(Failure(request_id, error.code, error.message))
        except Exception as error:  # one request must not end every call
            print(f"request {request_id} failed", traceback.format_exc(), file=sys.stderr)
            return self._write(Failure(request_id, ErrorCode.MEDIA_UNAVAILABLE, repr(error)))

    def _write(self, message: FromWorker) -> None:
        fd = self._channel.fileno()
        if fd < 0:
            return
        is_blocked = bool(self._unsent)
        self._unsent += encode_from_worker(message)
        if len(self._unsent) > WRITE_BUFFER_MAX:
            self._hang_up()
        elif not is_blocked and not self._send():
            self._loop.add_writer(fd, self._unblock)

    def _hang_up(self) -> None:
        """The next read closes: whoever writes now may be in the middle of something."""
        self._unsent.clear()
        with contextlib.suppress(OSError):  # the pool was quicker
            self._channel.shutdown(socket.SHUT_RDWR)

    def _unblock(self) -> None:
        if self._send():
            self._loop.remove_writer(self._channel.fileno())

    def _send(self) -> bool:
        """Whether the socket took all; a broken channel shows when it is read."""
        try:
            del self._unsent[: self._channel.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self._unsent.clear()
        return not self._unsent
