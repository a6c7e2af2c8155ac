"""Stored recordings, and the media plane's part in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from server.domain.recordings import Recording, RecordingState


class RecordingStore(Protocol):
    """The recordings of one transaction."""

    async def add(self, recording: Recording) -> None:
        """Store a new one."""

    async def update(self, recording: Recording) -> None:
        """Store what may change."""

    async def find(self, room: str, recording: str) -> Recording | None:
        """One of a room's recordings, unless removed."""
        ...

    async def active(self, room: str) -> Recording | None:
        """The one under way."""
        ...

    async def of_room(self, room: str) -> Sequence[Recording]:
        """A room's recordings, newest first, without the removed."""
        ...

    async def in_state(self, state: RecordingState, limit: int) -> Sequence[Recording]:
        """Those in a state, oldest first."""
        ...

    async def expired(self, now: datetime, limit: int) -> Sequence[Recording]:
        """Ready ones whose time is over."""
        ...

    async def waiting_mix(self, claimed_before: datetime) -> Recording | None:
        """One whose film is to be made: nobody claimed it, or long ago."""
        ...

    async def forget(self, recording: str) -> None:
        """Delete the row."""


class RecordingPlane(Protocol):
    """Records what it forwards. Raises errors with a `code` attribute."""

    async def record(self, room: str, recording: str, key: bytes, peers: frozenset[str]) -> None:
        """Record these peers of the room and no others; idempotent."""

    async def finish_recording(
        self, room: str, recording: str, key: bytes
    ) -> Sequence[Mapping[str, Any]]:
        """End it and tell what its files hold: file, peer, source, codec, began_ns, duration_ms,
        bytes; idempotent, after a crash too.
        """
        ...


class RecordingVault(Protocol):
    """The sealed files."""

    async def read(self, recording: str, file: str, key: bytes, offset: int, size: int) -> bytes:
        """Plain bytes of a file. Raises FileNotFoundError, or ValueError if altered."""
        ...

    async def delete(self, recording: str) -> None:
        """All of a recording's files; idempotent."""

    async def mix(
        self,
        recording: str,
        key: bytes,
        files: Sequence[Mapping[str, Any]],
        progressed: Callable[[float], Awaitable[None]],
    ) -> Mapping[str, int]:
        """Make one film of the files: {bytes, duration_ms}. Raises RuntimeError when it cannot."""
        ...
