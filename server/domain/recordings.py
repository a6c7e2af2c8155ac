"""Recordings of a room's call: who asked, who agreed, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from server.domain.errors import Conflict, NotFound
from server.domain.instants import rfc3339
from server.domain.presence import Peer
from server.domain.timeline import Sender

QUIET_LIMIT = timedelta(seconds=60)
"""Nobody in the call for so long ends a recording: a server's restart does not."""

MIX = "mix"
"""Where a file's id stands, the one made of all."""


class RecordingOff(Conflict):
    """The room does not allow it."""

    code = "recording-off"
    message = "Recording is switched off in this room."


class RecordingActive(Conflict):
    """One at a time."""

    code = "recording-active"
    message = "This call is being recorded already."


class RecordingOver(Conflict):
    """Too late to agree, refuse or stop."""

    code = "recording-over"
    message = "This recording is over."


class RecordingUnready(Conflict):
    """Its files are not complete yet, or it has none."""

    code = "recording-unready"
    message = "The recording is not ready yet."


class RecordingState(StrEnum):
    """Where a recording stands."""

    ACTIVE = "active"
    STOPPED = "stopped"
    """Its files are being completed."""
    READY = "ready"
    REMOVED = "removed"
    """Its files are being deleted."""


class StopReason(StrEnum):
    """Why a recording ended."""

    STOPPED = "stopped"
    EMPTY = "empty"
    CLOSED = "closed"
    FAILED = "failed"


class MixState(StrEnum):
    """Where the one film of all sources stands."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person answered."""

    name: str
    given: bool
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return {"name": self.name, "given": self.given, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """As stored."""
        return cls(stored["name"], stored["given"], datetime.fromisoformat(stored["at"]))


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One source of one person, from when to when."""

    id: str
    person: str
    name: str
    source: str
    codec: str
    offset_ms: int
    """Its first frame, since the first frame of the recording."""
    duration_ms: int
    bytes: int

    @property
    def is_video(self) -> bool:
        """Whether there is something to see."""
        return self.codec.startswith("V_")

    def to_wire(self) -> dict[str, Any]:
        """*RecordedFile* of docs/protocol.md."""
        return {
            "id": self.id,
            "person": self.person,
            "name": self.name,
            "source": self.source,
            "offset_ms": self.offset_ms,
            "duration_ms": self.duration_ms,
            "bytes": self.bytes,
        }

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return {**self.to_wire(), "codec": self.codec}


@dataclass(frozen=True, slots=True)
class Mix:
    """One film of all sources, made when somebody asks."""

    state: MixState
    progress: float = 0.0
    bytes: int = 0
    duration_ms: int = 0
    claimed_at: datetime | None = None

    def to_wire(self) -> dict[str, Any]:
        """*Mix* of docs/protocol.md."""
        return {
            "state": self.state.value,
            "progress": round(self.progress, 2),
            "bytes": self.bytes,
            "duration_ms": self.duration_ms,
        }

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        claimed_at = None if self.claimed_at is None else self.claimed_at.isoformat()
        return {**self.to_wire(), "claimed_at": claimed_at}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """As stored."""
        at = stored["claimed_at"]
        return cls(
            MixState(stored["state"]),
            stored["progress"],
            stored["bytes"],
            stored["duration_ms"],
            None if at is None else datetime.fromisoformat(at),
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """Nobody's media is recorded without a consent given to this very recording."""

    id: str
    room: str
    by: Sender
    started_at: datetime
    node: str
    key: bytes = field(repr=False)
    """Sealed."""
    state: RecordingState = RecordingState.ACTIVE
    stopped_at: datetime | None = None
    reason: StopReason | None = None
    quiet_since: datetime | None = None
    expires_at: datetime | None = None
    consents: Mapping[str, Consent] = field(default_factory=dict)
    peers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Whom it recorded: peer → person and name."""
    files: tuple[RecordedFile, ...] = ()
    mix: Mix | None = None

    def require_active(self) -> None:
        """Raise RecordingOver."""
        if self.state is not RecordingState.ACTIVE:
            raise RecordingOver

    def require_ready(self) -> None:
        """Raise RecordingUnready."""
        if self.state is not RecordingState.READY:
            raise RecordingUnready

    def agree(self, person: str, name: str, given: bool, now: datetime) -> Recording:
        """A person's answer, which may change at any time. Raises RecordingOver."""
        self.require_active()
        return replace(self, consents={**self.consents, person: Consent(name, given, now)})

    def has_consent(self, person: str) -> bool:
        """Whether the person agreed and did not withdraw."""
        consent = self.consents.get(person)
        return consent is not None and consent.given

    def recordable(self, peers: Iterable[Peer]) -> frozenset[str]:
        """Which of these peers may be recorded now."""
        if self.state is not RecordingState.ACTIVE:
            return frozenset()
        return frozenset(one.id for one in peers if one.in_call and self.has_consent(one.person))

    def note(self, peers: Iterable[Peer], node: str) -> Recording:
        """Remember who is behind the recorded peers, and which process records them."""
        allowed = self.recordable(known := list(peers))
        added = {one.id: (one.person, one.name) for one in known if one.id in allowed}
        return replace(self, peers={**self.peers, **added}, node=node)

    def watch(self, is_quiet: bool, now: datetime) -> Recording:
        """Note whether anybody is in the call; end when nobody was for a while."""
        if not is_quiet:
            return replace(self, quiet_since=None)
        since = self.quiet_since or now
        watched = replace(self, quiet_since=since)
        return watched.stop(StopReason.EMPTY, now) if now - since >= QUIET_LIMIT else watched

    def stop(self, reason: StopReason, now: datetime) -> Recording:
        """End it. Raises RecordingOver."""
        self.require_active()
        return replace(self, state=RecordingState.STOPPED, stopped_at=now, reason=reason)

    def finish(self, found: Iterable[Mapping[str, Any]], expires_at: datetime) -> Recording:
        """Take what the media plane says of its files."""
        listed = sorted(found, key=lambda one: (one["began_ns"], one["file"]))
        first_ns = listed[0]["began_ns"] if listed else 0
        files = tuple(self._file(one, first_ns) for one in listed)
        return replace(self, state=RecordingState.READY, files=files, expires_at=expires_at)

    def _file(self, found: Mapping[str, Any], first_ns: int) -> RecordedFile:
        person, name = self.peers.get(found["peer"], ("", ""))
        return RecordedFile(
            found["file"],
            person,
            name,
            found["source"],
            found["codec"],
            round((found["began_ns"] - first_ns) / 1e6),
            found["duration_ms"],
            found["bytes"],
        )

    def remove(self, now: datetime) -> Recording:
        """Give it up, from any state."""
        stopped_at = self.stopped_at or now
        return replace(self, state=RecordingState.REMOVED, stopped_at=stopped_at, mix=None)

    def ask_mix(self) -> Recording:
        """Have the film made, unless it is there or on its way. Raises RecordingUnready."""
        self.require_ready()
        if not self.files:
            raise RecordingUnready
        if self.mix is not None and self.mix.state is not MixState.FAILED:
            return self
        return replace(self, mix=Mix(MixState.WAITING))

    def size_of(self, file: str) -> int:
        """Bytes of a file, or of the film. Raises NotFound, RecordingUnready."""
        self.require_ready()
        if file == MIX and self.mix is not None and self.mix.state is MixState.READY:
            return self.mix.bytes
        for one in self.files:
            if one.id == file:
                return one.bytes
        raise NotFound

    def is_audio(self, file: str) -> bool:
        """Whether there is only something to hear."""
        return any(one.id == file and not one.is_video for one in self.files)

    def to_live(self) -> dict[str, Any]:
        """What everybody in the room sees while it goes on."""
        return {
            "id": self.id,
            "by": self.by.to_wire(),
            "started_at": rfc3339(self.started_at),
            "consents": {person: one.given for person, one in sorted(self.consents.items())},
        }

    def to_wire(self) -> dict[str, Any]:
        """*Recording* of docs/protocol.md."""
        return {
            "id": self.id,
            "room": self.room,
            "state": self.state.value,
            "by": self.by.to_wire(),
            "started_at": rfc3339(self.started_at),
            "stopped_at": rfc3339(self.stopped_at) if self.stopped_at else None,
            "reason": self.reason.value if self.reason else None,
            "expires_at": rfc3339(self.expires_at) if self.expires_at else None,
            "consents": [
                {"person": person, "name": one.name, "given": one.given, "at": rfc3339(one.at)}
                for person, one in sorted(self.consents.items(), key=lambda item: item[1].at)
            ],
            "files": [one.to_wire() for one in self.files],
            "mix": None if self.mix is None else self.mix.to_wire(),
        }
