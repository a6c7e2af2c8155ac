"""What the worker does on request and by the clock."""

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from media.protocol import (
    NAME_CHARS_MAX,
    SOURCES,
    TILES_MAX,
    Answer,
    CloseRoom,
    Configure,
    ErrorCode,
    Event,
    Join,
    Leave,
    MediaError,
    Mute,
    Ping,
    Play,
    Publish,
    Record,
    Request,
    RestartSubscribe,
    View,
)
from media.worker.dtls import Identity
from media.worker.hub import Hub
from media.worker.loop import EventLoop
from media.worker.port import Port
from media.worker.recording import RoomRecording
from media.worker.room import Room
from media.worker.subscription import AnotherPeer
from media.worker.tcp_port import TcpPort
from media.worker.timers import Timers

_NAME = re.compile(rf"[A-Za-z0-9_.:@+=-]{{1,{NAME_CHARS_MAX}}}")


class Worker:
    """Rooms on the ports of one process."""

    def __init__(
        self,
        loop: EventLoop,
        clock: Callable[[], float],
        today: datetime.datetime,
        emit: Callable[[Event], None],
    ) -> None:
        self._loop = loop
        self.hub = Hub(clock, Identity(today), emit)
        self.rooms: dict[str, Room] = {}
        self._ports: list[Port] = []
        self._tcp_ports: list[TcpPort] = []
        self._timers = Timers(loop, self.hub, self.rooms)

    def handle(self, request: Request) -> Mapping[str, Any]:
        """The result of a request; raises MediaError."""
        method: Callable[[Any], Mapping[str, Any] | None] = getattr(self, f"_on_{request.type}")
        result = method(request) or {}
        self.hub.flush()
        return result

    def close(self) -> None:
        """Say goodbye to every peer and release the ports; idempotent."""
        self._timers.stop()
        for room in self.rooms.values():
            room.close()
        self.rooms.clear()
        ports: list[Port | TcpPort] = [*self._ports, *self._tcp_ports]
        for port in ports:
            port.close(self._loop)
        self._ports.clear()
        self._tcp_ports.clear()

    # --- one method per request type ---

    def _on_configure(self, request: Configure) -> Mapping[str, Any]:
        if self._ports:
            raise MediaError(ErrorCode.MEDIA_UNAVAILABLE, "worker is configured already")
        try:
            for bind, _ in request.addresses:
                port = Port.bind(self.hub, bind, request.port)
                self._ports.append(port)
                self._tcp_ports.append(
                    TcpPort.bind(self.hub, bind, request.tcp_port)
                    if request.tcp_port
                    else TcpPort.bind_beside(self.hub, bind, port.number)
                )
        except (OSError, ValueError, OverflowError) as error:
            self.close()
            raise MediaError(ErrorCode.MEDIA_UNAVAILABLE, f"cannot bind: {error}") from error
        announced = [announced or bind for bind, announced in request.addresses]
        self.hub.candidates = tuple(
            (address, port.number) for address, port in zip(announced, self._ports, strict=True)
        )
        self.hub.tcp_candidates = tuple(
            (address, port.number) for address, port in zip(announced, self._tcp_ports, strict=True)
        )
        for port in self._ports:
            port.open(self._loop)
        for listener in self._tcp_ports:
            listener.open(self._loop)
        bound = zip(request.addresses, self.hub.candidates, strict=True)
        return {"ports": [[bind, address, port] for (bind, _), (address, port) in bound]}

    def _on_join(self, request: Join) -> None:
        if not (_NAME.fullmatch(request.room) and _NAME.fullmatch(request.peer)):
            raise MediaError(ErrorCode.NOT_PERMITTED, "names are up to 128 plain characters")
        if not self._ports:
            raise MediaError(ErrorCode.MEDIA_UNAVAILABLE, "worker is not configured")
        room = self.rooms.get(request.room) or Room(self.hub, request.room)
        self.rooms[request.room] = room
        self._timers.start()
        room.join(request.peer, request.publish & SOURCES, request.subscribe, self.hub.clock())

    def _on_publish(self, request: Publish) -> Mapping[str, Any]:
        room = self._room(request.room)
        now = self.hub.clock()
        sdp = room.peer(request.peer).publish(request.offer, request.sources, now)
        room.negotiate(now)
        return {"sdp": sdp}

    def _on_play(self, request: Play) -> Mapping[str, Any]:
        room, now = self._room(request.room), self.hub.clock()
        return {"sdp": room.play(request.peer, request.offer, request.publisher, now)}

    def _on_answer(self, request: Answer) -> None:
        subscription = self._room(request.room).peer(request.peer).subscription
        if subscription is None:
            raise MediaError(ErrorCode.NEGOTIATION_STALE, "peer does not subscribe")
        try:
            subscription.answer(request.negotiation, request.sdp, self.hub.clock())
        except AnotherPeer:
            self._room(request.room).resubscribe(request.peer, self.hub.clock())

    def _on_restart_subscribe(self, request: RestartSubscribe) -> None:
        self._room(request.room).restart_subscribe(request.peer, self.hub.clock())

    def _on_mute(self, request: Mute) -> None:
        if request.source not in SOURCES:
            raise MediaError(ErrorCode.NOT_PERMITTED, "unknown source")
        peer = self._room(request.room).peer(request.peer)
        peer.mute(request.source, request.muted, self.hub.clock())

    def _on_view(self, request: View) -> None:
        if len(request.tiles) > TILES_MAX:
            raise MediaError(ErrorCode.PROTOCOL_INVALID, f"over {TILES_MAX} tiles")
        sizes = {(peer, source): (w, h) for peer, source, w, h in request.tiles}
        self._room(request.room).show(request.peer, sizes, self.hub.clock())

    def _on_leave(self, request: Leave) -> None:
        room = self.rooms.get(request.room)
        if room is not None:
            room.leave(request.peer, self.hub.clock())
            if not room.peers:
                room.close()
                del self.rooms[request.room]

    def _on_close_room(self, request: CloseRoom) -> None:
        room = self.rooms.pop(request.room, None)
        if room is not None:
            room.close()

    def _on_record(self, request: Record) -> None:
        room = self._room(request.room)
        recording = room.recording
        if not request.recording:
            recording = None
        elif (
            recording is None
            or not recording.is_open
            or (recording.name, recording.path) != (request.recording, request.socket)
        ):
            try:
                recording = RoomRecording(self.hub, self._loop, request.recording, request.socket)
            except OSError as error:
                raise MediaError(ErrorCode.MEDIA_UNAVAILABLE, f"no recorder: {error}") from error
        room.record(recording, request.peers)

    def _on_ping(self, request: Ping) -> Mapping[str, Any]:
        hub = self.hub
        return {
            "rooms": len(self.rooms),
            "peers": sum(len(room.peers) for room in self.rooms.values()),
            "packets_in": hub.packets_in,
            "packets_out": hub.packets_out,
            "bytes_in": hub.bytes_in,
            "bytes_out": hub.bytes_out,
            "drops": {str(reason): count for reason, count in hub.drops.items()},
        }

    def _room(self, name: str) -> Room:
        try:
            return self.rooms[name]
        except KeyError:
            raise MediaError(ErrorCode.ROOM_UNKNOWN, "room is not open") from None
