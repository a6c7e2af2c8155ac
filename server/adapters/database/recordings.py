"""Recordings of calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.adapters.database.metadata import Id, Instant, Json, NullableJson, metadata
from server.domain.recordings import (
    Consent,
    Mix,
    MixState,
    RecordedFile,
    Recording,
    RecordingState,
    StopReason,
)
from server.domain.timeline import Sender

recordings = Table(
    "recordings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("room", Id, ForeignKey("rooms.id"), nullable=False),
    Column("by", Id, nullable=False),
    Column("by_name", String(200), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("node", Id, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("state", String(20), nullable=False),
    Column("stopped_at", Instant),
    Column("reason", String(20)),
    Column("quiet_since", Instant),
    Column("expires_at", Instant),
    Column("consents", Json, nullable=False),
    Column("peers", Json, nullable=False),
    Column("files", Json, nullable=False),
    Column("mix", NullableJson),
    Column("mix_state", String(20)),
    Index(None, "room", "state"),
    Index(None, "state"),
)
_columns = recordings.c
_FIXED = ("id", "room", "by", "by_name", "started_at", "key")


class RecordingRows:
    """The recordings on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, recording: Recording) -> None:
        """Store a new one."""
        await self._connection.execute(insert(recordings).values(_values(recording)))

    async def update(self, recording: Recording) -> None:
        """Store what may change."""
        values = {k: value for k, value in _values(recording).items() if k not in _FIXED}
        where = _columns.id == recording.id
        await self._connection.execute(update(recordings).where(where).values(values))

    async def find(self, room: str, recording: str) -> Recording | None:
        """One of a room's recordings, unless removed."""
        query = _kept().where(_columns.id == recording, _columns.room == room)
        return next(iter(await self._all(query)), None)

    async def active(self, room: str) -> Recording | None:
        """The one under way."""
        active = _columns.state == RecordingState.ACTIVE.value
        query = select(recordings).where(_columns.room == room, active)
        return next(iter(await self._all(query)), None)

    async def of_room(self, room: str) -> Sequence[Recording]:
        """A room's recordings, newest first, without the removed."""
        newest = _columns.started_at.desc(), _columns.id.desc()
        return await self._all(_kept().where(_columns.room == room).order_by(*newest))

    async def in_state(self, state: RecordingState, limit: int) -> Sequence[Recording]:
        """Those in a state, oldest first."""
        query = select(recordings).where(_columns.state == state.value)
        return await self._all(query.order_by(_columns.started_at, _columns.id).limit(limit))

    async def expired(self, now: datetime, limit: int) -> Sequence[Recording]:
        """Ready ones whose time is over."""
        ready = _columns.state == RecordingState.READY.value
        query = select(recordings).where(ready, _columns.expires_at <= now)
        return await self._all(query.order_by(_columns.expires_at).limit(limit))

    async def waiting_mix(self, claimed_before: datetime) -> Recording | None:
        """One whose film is to be made: nobody claimed it, or long ago."""
        wanted = (MixState.WAITING.value, MixState.MAKING.value)
        ready = _columns.state == RecordingState.READY.value
        query = select(recordings).where(ready, _columns.mix_state.in_(wanted))
        query = query.order_by(_columns.started_at).with_for_update(skip_locked=True)
        for found in await self._all(query):
            claimed_at = found.mix.claimed_at if found.mix else None
            if claimed_at is None or claimed_at < claimed_before:
                return found
        return None

    async def forget(self, recording: str) -> None:
        """Delete the row."""
        await self._connection.execute(delete(recordings).where(_columns.id == recording))

    async def _all(self, query: Select[Any]) -> list[Recording]:
        return [_recording(row) for row in await self._connection.execute(query)]


def _kept() -> Select[Any]:
    return select(recordings).where(_columns.state != RecordingState.REMOVED.value)


def _values(recording: Recording) -> dict[str, Any]:
    mix, reason = recording.mix, recording.reason
    return {
        "id": recording.id,
        "room": recording.room,
        "by": recording.by.id,
        "by_name": recording.by.name,
        "started_at": recording.started_at,
        "node": recording.node,
        "key": recording.key,
        "state": recording.state.value,
        "stopped_at": recording.stopped_at,
        "reason": None if reason is None else reason.value,
        "quiet_since": recording.quiet_since,
        "expires_at": recording.expires_at,
        "consents": {person: one.to_json() for person, one in recording.consents.items()},
        "peers": {peer: list(known) for peer, known in recording.peers.items()},
        "files": [one.to_json() for one in recording.files],
        "mix": None if mix is None else mix.to_json(),
        "mix_state": None if mix is None else mix.state.value,
    }


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        id=row.id,
        room=row.room,
        by=Sender(row.by, row.by_name),
        started_at=row.started_at,
        node=row.node,
        key=row.key,
        state=RecordingState(row.state),
        stopped_at=row.stopped_at,
        reason=None if row.reason is None else StopReason(row.reason),
        quiet_since=row.quiet_since,
        expires_at=row.expires_at,
        consents={person: Consent.from_json(one) for person, one in row.consents.items()},
        peers={peer: (person, name) for peer, (person, name) in row.peers.items()},
        files=tuple(RecordedFile(**one) for one in row.files),
        mix=None if row.mix is None else Mix.from_json(row.mix),
    )
