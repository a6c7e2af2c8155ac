"""Notices → sockets of this process."""

from __future__ import annotations

from typing import Any

from server.domain.access import Grants, Source
from server.domain.presence import LeftReason
from server.domain.timeline import EventType
from server.services.calls import Calls
from server.services.ports.bus import Notice
from server.services.recordings import Recordings
from signaling.alerts import EVERYONE, Listeners
from signaling.attendance import NAMESPACE, Attendance
from signaling.crew import Crew
from signaling.transport import Server


class Publisher:
    """Delivers in order and never waits; what a notice demands besides runs beside."""

    def __init__(
        self,
        server: Server,
        attendance: Attendance,
        listeners: Listeners,
        calls: Calls,
        recordings: Recordings,
        crew: Crew,
    ) -> None:
        self._server = server
        self._sessions = attendance.sessions
        self._attendance = attendance
        self._listeners = listeners
        self._calls = calls
        self._recordings = recordings
        self._crew = crew

    async def __call__(self, notice: Notice) -> None:
        """Deliver what the bus brings."""
        self.deliver(notice)

    def deliver(self, notice: Notice) -> None:
        """Send to those addressed, and act on what it means for our sockets."""
        match notice.name:
            case "revoked":
                self._revoke(notice)
            case "room.updated":
                self._send(notice, self._seated(notice))
            case "event":
                self._send(notice, frozenset())
                self._follow(str(notice.room), notice.data)
            case "muted":
                self._send(notice, frozenset())
                self._enforce(notice)
            case name if name in ("changed", "rota.on_call") or name.startswith("guard."):
                self._listeners.tell(_group(notice), name, notice.data)
            case _:
                self._send(notice, self._spared(notice))

    def _send(self, notice: Notice, but: frozenset[str]) -> None:
        self._server.tell(NAMESPACE, _group(notice), notice.name, notice.data, but)

    def _spared(self, notice: Notice) -> frozenset[str]:
        if notice.room is None or notice.but_peer is None:
            return frozenset()
        found = self._sessions.of_peer(notice.room, notice.but_peer)
        return frozenset() if found is None else frozenset({found[0].sid})

    def _seated(self, notice: Notice) -> frozenset[str]:
        """Sockets that get the event itself."""
        seats = self._sessions.in_room(str(notice.data.get("room")), notice.person)
        return frozenset(session.sid for session, _ in seats)

    def _revoke(self, notice: Notice) -> None:
        code, room = str(notice.data.get("code", "revoked")), notice.data.get("room")
        address = {"person": notice.person, "session": notice.session}
        self._attendance.release(room=None if room is None else str(room), **address)
        if room is None:
            for listener in self._listeners.sessions.of(**address):
                self._crew.spawn(self._listeners.end(listener, code))
        for session in self._sessions.of(**address):
            if room is None:
                self._crew.spawn(self._attendance.end(session, code))
                continue
            reason = LeftReason.REMOVED
            self._crew.spawn(self._attendance.show_out(session, str(room), code, reason))
            if session.actor.is_guest:
                self._crew.spawn(self._attendance.end(session, code))

    def _follow(self, room: str, event: Any) -> None:
        """What a timeline event means for seats and media here."""
        data = event["data"]
        match event["type"]:
            case EventType.PRESENCE_LEFT:
                self._replaced(room, data["peer"])
            case EventType.MEMBER_CHANGED:
                grants = Grants.from_wire(data["grants"])
                self._crew.spawn(self._calls.regrant({(room, data["person"]): grants}))
            case EventType.MEMBER_REMOVED:
                self._show_out(room, data["person"], "removed", LeftReason.REMOVED)
            case EventType.CALL_JOINED | EventType.RECORDING_STARTED | EventType.RECORDING_ANSWERED:
                self._crew.spawn(self._recordings.apply(room))
            case EventType.RECORDING_STOPPED:
                self._crew.spawn(self._recordings.finish(room, data["id"]))
            case EventType.ROOM_CLOSED:
                self._show_out(room, None, "room-closed", LeftReason.CLOSED)

    def _replaced(self, room: str, peer: str) -> None:
        """A seat whose presence was ended elsewhere: the same device came anew."""
        self._attendance.release(room=room, peer=peer)
        found = self._sessions.of_peer(room, peer)
        if found is not None:
            self._attendance.tell(found[0], "revoked", {"room": room, "code": "conflict"})
            self._crew.spawn(self._attendance.vacate(found[0], room))

    def _show_out(self, room: str, person: str | None, code: str, reason: LeftReason) -> None:
        self._attendance.release(room=room, person=person)
        for session, _ in self._sessions.in_room(room, person):
            self._crew.spawn(self._attendance.show_out(session, room, code, reason))

    def _enforce(self, notice: Notice) -> None:
        room, peer = str(notice.data["room"]), str(notice.peer)
        if self._sessions.of_peer(room, peer) is not None or self._attendance.holds(peer):
            source = Source(notice.data["source"])
            self._crew.spawn(self._calls.enforce_mute(room, peer, source))


def _group(notice: Notice) -> str:
    if notice.everyone:
        return EVERYONE
    for kind in ("room", "person", "peer", "session"):
        if (address := getattr(notice, kind)) is not None:
            return f"{kind}:{address}"
    raise ValueError("a notice without an address")
