"""Rooms over worker processes: each room pinned to one, the dead replaced, all of it owned."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import methodcaller
from pathlib import Path
from typing import Any

from media.channel import unavailable
from media.listener import MediaListener, report
from media.process import WORKER_COMMAND, WorkerProcess
from media.protocol import (
    PUBLISHED_TRACKS_MAX,
    ROOM_PEERS_MAX,
    SDP_BYTES_MAX,
    SOURCES,
    TILES_MAX,
    Answer,
    CloseRoom,
    ErrorCode,
    Event,
    Join,
    Leave,
    MediaError,
    Mute,
    Play,
    Publish,
    Record,
    Request,
    RestartSubscribe,
    Speakers,
    Tile,
    View,
)
from media.recorders import Recorders
from media.slot import Log, Slot

SECTION_LINES_MAX = 400  # browsers write up to some 250
REQUEST_TIMEOUT_S = 5.0
START_TIMEOUT_S = 30.0
REPLACE_TIMEOUT_S = 5.0
HUNG_AFTER_S = 0.6


@dataclass(frozen=True, slots=True)
class _Recorded:
    """Who of a room is recorded, into what."""

    recording: str
    key: bytes = field(repr=False)
    peers: frozenset[str]


@dataclass(slots=True)
class _Room:
    slot: Slot
    peers: set[str] = field(default_factory=set)
    recorded: _Recorded | None = None


class MediaPool:
    """The media plane: forwards between the peers of each room without decoding."""

    def __init__(
        self,
        addresses: Sequence[tuple[str, str]],
        workers: int,
        base_port: int,
        log: Log,
        *,
        tcp_base_port: int = 0,
        command: Sequence[str] = WORKER_COMMAND,
        hung_after_s: float = HUNG_AFTER_S,
        recordings: Path | None = None,
    ) -> None:
        """Addresses are (bind, announced); worker i binds UDP base_port + i (0: ephemeral) and
        TCP tcp_base_port + i (0: the UDP port's number).
        """
        self._log = log
        self._command = command
        self._listener: MediaListener | None = None
        self._rooms: dict[str, _Room] = {}
        self._slots = tuple(
            Slot(
                i,
                addresses,
                (base_port and base_port + i, tcp_base_port and tcp_base_port + i),
                self._hire,
                hung_after_s,
                log,
            )
            for i in range(workers)
        )
        self._recorders = Recorders(recordings, log, self._recorder_lost) if recordings else None
        self._rerecording: set[asyncio.Task[None]] = set()
        self._spare: asyncio.Task[WorkerProcess] | None = None
        self._runner: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    async def start(self, listener: MediaListener) -> None:
        """Return when every worker is ready; raises MediaError when one cannot be."""
        self._listener = listener
        self._runner = asyncio.create_task(self._run(), name="media pool")
        self._runner.add_done_callback(self._ran)
        try:
            await self._all_ready(self._runner)
        except BaseException:
            await self.close()
            raise
        self._keep_spare()

    async def close(self) -> None:
        """Refuse new requests, let those under way finish, end every worker; idempotent."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="media pool close")
        # A cancelled caller does not leave half the workers running.
        await asyncio.shield(self._closing)

    async def join(self, room: str, peer: str, publish: frozenset[str], subscribe: bool) -> None:
        """Create the peer or change its grants; the room is pinned to the least loaded worker."""
        pinned = self._pin(room)
        is_new = peer not in pinned.peers
        pinned.peers.add(peer)
        try:
            # A room whose worker is being replaced: its reset is announced first, then this joins.
            await pinned.slot.wait_ready(REPLACE_TIMEOUT_S)
            if peer not in pinned.peers or self._rooms.get(room) is not pinned:
                raise MediaError(ErrorCode.PEER_UNKNOWN, "the peer left while joining")
            await self._request(pinned, Join(room, peer, publish, subscribe))
            if pinned.recorded is not None:  # the worker, or its room, may be a new one
                await self._record_again(room, pinned, pinned.recorded)
        except BaseException:
            if is_new:
                self._unpin(room, pinned, peer)
            raise

    async def publish(self, room: str, peer: str, offer: str, sources: Mapping[str, str]) -> str:
        """The SDP answer to the peer's offer; sources: mid → source."""
        _check_text(offer, PUBLISHED_TRACKS_MAX)
        return await self._answered(room, Publish(room, peer, offer, dict(sources)))

    async def play(self, room: str, peer: str, offer: str, publisher: str) -> str:
        """The SDP answer to a watching peer's offer; publisher: whose sources, or empty."""
        _check_text(offer, PUBLISHED_TRACKS_MAX)
        return await self._answered(room, Play(room, peer, offer, publisher))

    async def _answered(self, room: str, request: Publish | Play) -> str:
        answer = (await self._request(self._of(room), request)).get("sdp")
        if not isinstance(answer, str):
            raise unavailable("the media worker gave no answer")
        return answer

    async def answer(self, room: str, peer: str, negotiation: int, sdp: str) -> None:
        """The peer's answer to a subscribe_offer."""
        _check_text(sdp, ROOM_PEERS_MAX * len(SOURCES))
        await self._request(self._of(room), Answer(room, peer, negotiation, sdp))

    async def restart_subscribe(self, room: str, peer: str) -> None:
        """Mend or replace the peer's subscribe connection; a subscribe_offer follows."""
        await self._request(self._of(room), RestartSubscribe(room, peer))

    async def mute(self, room: str, peer: str, source: str, muted: bool) -> None:
        """Drop, or forward again, every packet of a source."""
        await self._request(self._of(room), Mute(room, peer, source, muted))

    async def view(self, room: str, peer: str, tiles: Sequence[Tile]) -> None:
        """Say which videos the peer has in view and how large; the rest pauses."""
        if len(tiles) > TILES_MAX:
            raise MediaError(ErrorCode.PROTOCOL_INVALID, f"over {TILES_MAX} tiles")
        await self._request(self._of(room), View(room, peer, tuple(tiles)))

    async def leave(self, room: str, peer: str) -> None:
        """Remove the peer, idempotent; its media stops at once."""
        pinned = self._rooms.get(room)
        if pinned is not None and peer in pinned.peers:
            is_empty = self._unpin(room, pinned, peer)
            await self._end(pinned, CloseRoom(room) if is_empty else Leave(room, peer))

    async def close_room(self, room: str) -> None:
        """Remove the room and its peers, idempotent."""
        pinned = self._rooms.pop(room, None)
        if pinned is not None:
            pinned.peers.clear()
            await self._end(pinned, CloseRoom(room))

    async def record(self, room: str, recording: str, key: bytes, peers: frozenset[str]) -> None:
        """Record these peers of the room and no others; idempotent. Raises MediaError."""
        pinned = self._of(room)
        pinned.recorded = _Recorded(recording, key, peers)
        await self._record(room, pinned, pinned.recorded)

    async def finish_recording(
        self, room: str, recording: str, key: bytes
    ) -> Sequence[Mapping[str, Any]]:
        """End it and tell what its files hold, a crashed one's too; idempotent.

        Each file: file, peer, source, codec, began_ns, duration_ms, bytes.
        """
        pinned = self._rooms.get(room)
        if pinned is not None and pinned.recorded and pinned.recorded.recording == recording:
            pinned.recorded = None
            await self._end(pinned, Record(room, "", "", frozenset()))
        return await self._recorder().finish(recording, key)

    def describe(self) -> Mapping[str, object]:
        """For metrics and health: totals since start, and each worker."""
        workers = [self._describe(slot) for slot in self._slots]
        drops: Counter[str] = Counter()
        totals: Counter[str] = Counter()
        for worker in workers:
            drops.update(worker["drops"] if isinstance(worker["drops"], dict) else {})
            totals.update({k: v for k, v in worker.items() if isinstance(v, int)})
        return {
            "workers": len(self._slots),
            "workers_alive": sum(slot.is_ready for slot in self._slots),
            "worker_restarts": totals["restarts"],
            "rooms": len(self._rooms),
            "peers": sum(len(room.peers) for room in self._rooms.values()),
            **{k: totals[k] for k in ("packets_in", "packets_out", "bytes_in", "bytes_out")},
            "drops": dict(drops),
            "processes": workers,
        }

    # --- workers ---

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for slot in self._slots:
                group.create_task(slot.supervise(self._heard, self._replaced))

    def _ran(self, runner: asyncio.Task[None]) -> None:
        if not runner.cancelled() and runner.exception() is not None:
            self._log.warning("media pool stopped", error=repr(runner.exception()))

    async def _all_ready(self, runner: asyncio.Task[None]) -> None:
        ready = asyncio.create_task(self._wait_ready())
        try:
            await asyncio.wait({ready, runner}, return_when=asyncio.FIRST_COMPLETED)
            if runner.done():
                raise unavailable("a media worker did not start") from runner.exception()
            await ready
        finally:
            ready.cancel()

    async def _wait_ready(self) -> None:
        for slot in self._slots:
            await slot.wait_ready(START_TIMEOUT_S)

    async def _hire(self) -> WorkerProcess:
        spare, self._spare = self._spare, None
        if spare is None:
            return await WorkerProcess.spawn(self._command)
        try:
            worker = await spare
        finally:
            self._keep_spare()
        if await worker.channel.wait_closed(0) is None:
            return worker
        await worker.end()
        return await WorkerProcess.spawn(self._command)

    def _keep_spare(self) -> None:
        # Interpreter and imports take most of a second: a warm spare is why replacement does not.
        if self._closing is None and self._spare is None:
            self._spare = asyncio.create_task(WorkerProcess.spawn(self._command), name="spare")

    async def _close(self) -> None:
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.wait({self._runner})
        if self._spare is not None:
            await asyncio.wait({self._spare})
            if not self._spare.cancelled() and self._spare.exception() is None:
                await self._spare.result().end()
        self._rooms.clear()
        for task in self._rerecording:
            task.cancel()
        await asyncio.gather(*self._rerecording, return_exceptions=True)
        if self._recorders is not None:
            await self._recorders.close()

    # --- recordings ---

    def _recorder(self) -> Recorders:
        if self._recorders is None:
            raise unavailable("nothing is recorded here")
        return self._recorders

    async def _record(self, room: str, pinned: _Room, recorded: _Recorded) -> None:
        path = await self._recorder().open(recorded.recording, recorded.key)
        await self._request(pinned, Record(room, recorded.recording, path, recorded.peers))

    def _recorder_lost(self) -> None:
        task = asyncio.create_task(self._rerecord(), name="recorder replaced")
        self._rerecording.add(task)
        task.add_done_callback(self._rerecording.discard)

    async def _rerecord(self) -> None:
        for name, room in tuple(self._rooms.items()):
            if room.recorded is not None and self._closing is None:
                await self._record_again(name, room, room.recorded)

    async def _record_again(self, name: str, room: _Room, recorded: _Recorded) -> None:
        """A call goes on whether or not it can be recorded."""
        try:
            await self._record(name, room, recorded)
        except MediaError as error:
            self._log.warning("recording broken off", reason=str(error))

    # --- rooms ---

    def _pin(self, room: str) -> _Room:
        if self._closing is not None or self._runner is None:
            raise unavailable("the media plane is not running")
        if room not in self._rooms:
            self._rooms[room] = _Room(min(self._slots, key=self._load))
        return self._rooms[room]

    def _load(self, slot: Slot) -> tuple[bool, int, int]:
        rooms = [room for room in self._rooms.values() if room.slot is slot]
        return not slot.is_ready, sum(len(room.peers) for room in rooms), len(rooms)

    def _of(self, room: str) -> _Room:
        pinned = self._rooms.get(room)
        if pinned is None:
            raise MediaError(ErrorCode.ROOM_UNKNOWN, f"nobody joined room {room}")
        return pinned

    def _unpin(self, room: str, pinned: _Room, peer: str) -> bool:
        pinned.peers.discard(peer)
        if pinned.peers:
            return False
        if self._rooms.get(room) is pinned:
            del self._rooms[room]
        return True

    async def _request(self, room: _Room, request: Request) -> Mapping[str, object]:
        if self._closing is not None:
            raise unavailable("the media plane is closing")
        return await room.slot.request(request, REQUEST_TIMEOUT_S)

    async def _end(self, room: _Room, request: Leave | CloseRoom | Record) -> None:
        try:
            await self._request(room, request)
        except MediaError as error:
            # What was to be ended died with its worker.
            self._log.info("media already gone", request=request.type, reason=error.code)

    def _describe(self, slot: Slot) -> dict[str, object]:
        rooms = [room for room in self._rooms.values() if room.slot is slot]
        counts = {"rooms": len(rooms), "peers": sum(len(room.peers) for room in rooms)}
        return {**slot.describe(), **counts}

    # --- events ---

    def _replaced(self, slot: Slot) -> None:
        for name in [name for name, room in self._rooms.items() if room.slot is slot]:
            self._tell(methodcaller("room_reset", name))

    def _heard(self, slot: Slot, event: Event) -> None:
        room = self._rooms.get(event.room)
        # Sent before the worker heard that the room closed or the peer left: stale.
        if room is None or room.slot is not slot:
            return
        if isinstance(event, Speakers) or event.peer in room.peers:
            self._tell(lambda listener: report(listener, event))

    def _tell(self, report: Callable[[MediaListener], None]) -> None:
        assert self._listener is not None
        try:
            report(self._listener)
        except Exception:
            self._log.exception("media listener failed")


def _check_text(sdp: str, m_lines_max: int) -> None:
    try:
        size = len(sdp.encode())
    except UnicodeEncodeError as error:
        raise MediaError(ErrorCode.SDP_INVALID, "SDP is not Unicode text") from error
    if size > SDP_BYTES_MAX:
        raise MediaError(ErrorCode.SDP_INVALID, f"SDP is longer than {SDP_BYTES_MAX} bytes")
    # Parsing is quadratic in the lines of a section, and the worker forwards on the same loop.
    sections = _sections(sdp)
    if max(sections) > SECTION_LINES_MAX:
        raise MediaError(ErrorCode.SDP_INVALID, f"m-line with over {SECTION_LINES_MAX} attributes")
    if len(sections) - 1 > m_lines_max:
        raise MediaError(ErrorCode.SDP_INVALID, f"over {m_lines_max} m-lines")


def _sections(sdp: str) -> list[int]:
    lengths = [0]
    for line in sdp.splitlines():
        if line.startswith("m="):
            lengths.append(0)
        lengths[-1] += 1
    return lengths
