"""One end of the control socket: requests with deadlines out, answers and events in."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from media.protocol import ErrorCode, Event, Failure, MediaError, Reply, Request
from media.wire import FrameDecoder, ProtocolError, decode_from_worker, encode_request

PENDING_MAX = 4096
UNSENT_BYTES_MAX = 8 * 1024 * 1024


def unavailable(message: str) -> MediaError:
    """The refusal of a worker that is dead, silent or not there yet."""
    return MediaError(ErrorCode.MEDIA_UNAVAILABLE, message)


@dataclass(slots=True)
class _Pending:
    answer: asyncio.Future[Mapping[str, Any]]
    deadline: asyncio.TimerHandle


class Channel(asyncio.Protocol):
    """Requests to one worker and its events, over a connected Unix socket."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._decoder = FrameDecoder()
        self._pending: dict[int, _Pending] = {}
        self._last_id = 0
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[str] = self._loop.create_future()
        self._reason = "worker hung up"

    @classmethod
    async def open(cls, end: socket.socket, on_event: Callable[[Event], None]) -> Self:
        """Adopt a connected stream socket; events are delivered on the loop, in order."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(lambda: cls(on_event), sock=end)
        return channel

    @property
    def pending(self) -> int:
        """Requests not answered yet."""
        return len(self._pending)

    async def request(self, request: Request, timeout_s: float) -> Mapping[str, Any]:
        """The worker's result; raises its MediaError, or media-unavailable at the deadline."""
        if self._transport is None or self._transport.is_closing():
            raise unavailable("the media worker is gone")
        if len(self._pending) >= PENDING_MAX or self._unsent() > UNSENT_BYTES_MAX:
            raise unavailable("the media worker is overloaded")
        request_id = self._last_id + 1
        frame = _encode(request_id, request)
        self._last_id = request_id
        answer: asyncio.Future[Mapping[str, Any]] = self._loop.create_future()
        deadline = self._loop.call_later(timeout_s, self._expire, request_id)
        self._pending[request_id] = _Pending(answer, deadline)
        self._transport.write(frame)
        try:
            return await answer
        finally:
            self._forget(request_id)

    async def wait_closed(self, timeout_s: float | None = None) -> str | None:
        """Why the channel closed, or None if it is still open after the timeout."""
        done, _ = await asyncio.wait({self._closed}, timeout=timeout_s)
        return self._closed.result() if done else None

    async def wait_answered(self, timeout_s: float) -> None:
        """Let the requests under way finish, no longer than the timeout."""
        answers = {pending.answer for pending in self._pending.values()}
        if answers:
            await asyncio.wait(answers, timeout=timeout_s)

    def close(self) -> None:
        """Hang up, idempotent: the worker drains and exits, requests under way fail."""
        if self._transport is not None:
            self._reason = "closed"
            self._transport.close()

    def abort(self, reason: str) -> None:
        """Hang up at once, dropping what was not sent."""
        if self._transport is not None and not self._transport.is_closing():
            self._reason = reason
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol; a frame the protocol does not know closes the channel."""
        try:
            for message in self._decoder.feed(data):
                self._dispatch(message)
        except ProtocolError as error:
            self.abort(f"protocol error: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol: nothing that waits is left waiting."""
        for request_id in tuple(self._pending):
            self._refuse(request_id, unavailable("the media worker is gone"))
        if not self._closed.done():
            self._closed.set_result(f"{self._reason}: {exc}" if exc else self._reason)

    # --- internals ---

    def _unsent(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport else 0

    def _dispatch(self, message: Mapping[str, Any]) -> None:
        decoded = decode_from_worker(message)
        if not isinstance(decoded, Reply | Failure):
            self._on_event(decoded)
            return
        if not 0 < decoded.id <= self._last_id:
            raise ProtocolError(f"answer to request {decoded.id}, which was never made")
        if isinstance(decoded, Failure):
            self._refuse(decoded.id, MediaError(decoded.code, decoded.message))
        else:
            self._answer(decoded.id, decoded.result)

    def _answer(self, request_id: int, result: Mapping[str, Any]) -> None:
        # An answer after its deadline finds nobody and is dropped.
        pending = self._forget(request_id)
        if pending is not None and not pending.answer.done():
            pending.answer.set_result(result)

    def _refuse(self, request_id: int, error: MediaError) -> None:
        pending = self._forget(request_id)
        if pending is not None and not pending.answer.done():
            pending.answer.set_exception(error)

    def _expire(self, request_id: int) -> None:
        self._refuse(request_id, unavailable("the media worker did not answer in time"))

    def _forget(self, request_id: int) -> _Pending | None:
        pending = self._pending.pop(request_id, None)
        if pending is not None:
            pending.deadline.cancel()
        return pending


def _encode(request_id: int, request: Request) -> bytes:
    try:
        return encode_request(request_id, request)
    except ProtocolError as error:
        raise MediaError(ErrorCode.SDP_INVALID, str(error)) from error
