"""The worker's end of the control channel: requests in, replies and events out."""

import asyncio
import sys
import traceback
from collections.abc import Callable

from media.protocol import (
    ErrorCode,
    Event,
    Failure,
    FrameDecoder,
    FromWorker,
    MediaError,
    ProtocolError,
    Reply,
    decode_request,
    encode_from_worker,
)
from media.worker.service import Worker

WRITE_BUFFER_MAX = 16 * 1024 * 1024


class Control(asyncio.Protocol):
    """Ends the worker when the channel closes, breaks the framing or is not read."""

    def __init__(self, make_worker: Callable[[Callable[[Event], None]], Worker]) -> None:
        self._decoder = FrameDecoder()
        self._transport: asyncio.Transport | None = None
        self._worker = make_worker(self._write)
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The pool is gone: end."""
        self._transport = None
        self._worker.close()
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        """Handle each complete request; framing errors cannot be recovered from."""
        try:
            for message in self._decoder.feed(data):
                self._handle(message)
        except ProtocolError:
            if self._transport is not None:
                self._transport.abort()

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
        if self._transport is None:
            return
        self._transport.write(encode_from_worker(message))
        if self._transport.get_write_buffer_size() > WRITE_BUFFER_MAX:
            self._transport.abort()
