"""Recording a call: asked for by one, agreed to by each, kept sealed for a while."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import structlog

from server.domain.access import Ability, Actor
from server.domain.calls import UNKNOWN_PEER, MediaUnavailable
from server.domain.errors import NotFound
from server.domain.memberships import Access
from server.domain.presence import NotInCall
from server.domain.recordings import (
    Recording,
    RecordingActive,
    RecordingOff,
    RecordingState,
    StopReason,
)
from server.domain.timeline import EventType, Sender
from server.services.access import access
from server.services.films import Films
from server.services.ports.clock import Clock, Fresh
from server.services.ports.recordings import RecordingPlane, RecordingVault
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.timeline import append

log = structlog.get_logger(__name__)

PIECE = 1024 * 1024
"""Bytes read at once while streaming."""

BATCH = 20


class Recordings:
    """Use cases of recordings; `node` is this process as `Presence` knows it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        box: SecretBox,
        plane: RecordingPlane,
        vault: RecordingVault,
        node: str,
        kept: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box
        self._plane = plane
        self._vault = vault
        self._node = node
        self._kept = kept
        self.films = Films(database, clock, fresh, vault, self._key)
        self._applying: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # --- while it goes on ---

    async def start(self, actor: Actor, room_id: str) -> Recording:
        """Ask everybody in the call; the caller agrees by asking.

        Raises RoomEncrypted, RecordingOff, RecordingActive, NotInCall, MediaUnavailable.
        """
        now = self._clock.now()
        async with self._database.transaction() as uow:
            proven = await access(uow, actor, room_id, Ability.RECORD, locked=True)
            proven.room.require_unencrypted()
            if not proven.room.recordable:
                raise RecordingOff
            if await uow.recordings.active(room_id) is not None:
                raise RecordingActive
            if not any(peer.in_call for peer in await uow.presences.of_room(room_id)):
                raise NotInCall
            recording = self._recording(proven, now)
            await uow.recordings.add(recording)
            await self._tell(uow, proven, EventType.RECORDING_STARTED, recording.to_live(), now)
            await self._audit(uow, actor, "recording.started", recording, {})
        try:
            await self._apply(room_id)
        except Exception as error:
            await self._end(room_id, recording.id, None, StopReason.FAILED)
            if getattr(error, "code", None) is None:
                raise
            raise MediaUnavailable from error
        return recording

    async def answer(
        self, actor: Actor, room_id: str, recording_id: str, *, given: bool
    ) -> Recording:
        """Agree to be recorded, refuse, or withdraw. Raises NotFound, RecordingOver."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            proven = await access(uow, actor, room_id, locked=True)
            recording = await self._find(uow, room_id, recording_id)
            name = proven.membership.name
            agreed = recording.agree(actor.person, name, given, now)
            await uow.recordings.update(agreed)
            data = {"id": recording_id, "person": actor.person, "given": given}
            await self._tell(uow, proven, EventType.RECORDING_ANSWERED, data, now)
            action = "recording.agreed" if given else "recording.refused"
            await self._audit(uow, actor, action, recording, {})
        await self.apply(room_id)
        return agreed

    async def stop(self, actor: Actor, room_id: str, recording_id: str) -> Recording:
        """End it. Raises NotFound, RecordingOver."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, Ability.RECORD)
        return await self._end(room_id, recording_id, actor, StopReason.STOPPED)

    async def apply(self, room_id: str) -> None:
        """Let the media plane of this process record whom it may, if it holds the call."""
        try:
            await self._apply(room_id)
        except Exception as error:
            code = getattr(error, "code", None)
            if code is None:
                raise
            log.warning("recording-not-applied", code=str(code))

    async def _apply(self, room_id: str) -> None:
        async with self._one_by_one(room_id):
            async with self._database.reading() as uow:
                recording = await uow.recordings.active(room_id)
                present = await uow.presences.of_room(room_id) if recording else []
            if recording is None:
                return
            mine = [peer for peer in present if peer.node == self._node]
            allowed = recording.recordable(mine)
            if not any(peer.in_call for peer in mine):
                return  # another process holds the call
            await self._note(room_id, recording.id)
            key = self._key(recording)
            try:
                await self._plane.record(room_id, recording.id, key, allowed)
            except Exception as error:
                if getattr(error, "code", None) not in UNKNOWN_PEER:
                    raise

    async def _note(self, room_id: str, recording_id: str) -> None:
        """Remember who is behind the peers before their media is written."""
        async with self._database.transaction() as uow:
            await uow.rooms.lock(room_id)
            recording = await uow.recordings.find(room_id, recording_id)
            if recording is None or recording.state is not RecordingState.ACTIVE:
                return
            noted = recording.note(await uow.presences.of_room(room_id), self._node)
            if noted != recording:
                await uow.recordings.update(noted)

    async def _end(
        self, room_id: str, recording_id: str, actor: Actor | None, reason: StopReason
    ) -> Recording:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.rooms.lock(room_id)
            recording = await self._find(uow, room_id, recording_id)
            stopped = recording.stop(reason, now)
            await uow.recordings.update(stopped)
            sender = None
            if actor is not None:
                member = await uow.memberships.find(room_id, actor.person)
                sender = None if member is None else member.sender
            data = {"id": recording_id, "reason": reason.value}
            kind = EventType.RECORDING_STOPPED
            await append(uow, room_id, kind, sender, data, now, self._fresh)
            await self._audit(uow, actor, "recording.stopped", recording, {"reason": reason.value})
        return stopped

    # --- afterwards ---

    async def list(self, actor: Actor, room_id: str) -> Sequence[Recording]:
        """The room's recordings, newest first."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, Ability.RECORD, even_closed=True)
            return await uow.recordings.of_room(room_id)

    async def find(self, actor: Actor, room_id: str, recording_id: str) -> Recording:
        """One recording. Raises NotFound."""
        async with self._database.reading() as uow:
            await access(uow, actor, room_id, Ability.RECORD, even_closed=True)
            return await self._find(uow, room_id, recording_id)

    async def opened(self, actor: Actor, room_id: str, recording_id: str) -> Recording:
        """The same, with an audit entry: somebody is about to see it. Raises RecordingUnready."""
        recording = await self.find(actor, room_id, recording_id)
        recording.require_ready()
        async with self._database.transaction() as uow:
            await self._audit(uow, actor, "recording.read", recording, {})
        return recording

    async def stream(
        self, recording: Recording, file: str, start: int, stop: int
    ) -> AsyncIterator[bytes]:
        """The bytes of a file from `start` up to, not including, `stop`, in constant memory."""
        key = self._key(recording)
        while start < stop:
            size = min(PIECE, stop - start)
            try:
                piece = await self._vault.read(recording.id, file, key, start, size)
            except FileNotFoundError:
                raise NotFound from None
            if not piece:
                raise NotFound
            start += len(piece)
            yield piece

    async def ask_mix(self, actor: Actor, room_id: str, recording_id: str) -> Recording:
        """Have one film made of all sources; idempotent. Raises RecordingUnready."""
        async with self._database.transaction() as uow:
            await access(uow, actor, room_id, Ability.RECORD, even_closed=True, locked=True)
            recording = await self._find(uow, room_id, recording_id)
            asked = recording.ask_mix()
            if asked != recording:
                await uow.recordings.update(asked)
                await self._audit(uow, actor, "recording.mix_asked", recording, {})
        return asked

    async def remove(self, actor: Actor, room_id: str, recording_id: str) -> None:
        """Delete it; its files go within seconds."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            proven = await access(
                uow, actor, room_id, Ability.RECORD, even_closed=True, locked=True
            )
            recording = await self._find(uow, room_id, recording_id)
            if recording.state is RecordingState.ACTIVE:
                raise RecordingActive
            await uow.recordings.update(recording.remove(now))
            data = {"id": recording_id}
            await self._tell(uow, proven, EventType.RECORDING_REMOVED, data, now)
            await self._audit(uow, actor, "recording.removed", recording, {})

    # --- what the engine does ---

    async def tend(self) -> None:
        """End the deserted, complete the ended, delete the removed and the expired."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            active = await uow.recordings.in_state(RecordingState.ACTIVE, BATCH)
            stopped = await uow.recordings.in_state(RecordingState.STOPPED, BATCH)
            expired = await uow.recordings.expired(now, BATCH)
            removed = await uow.recordings.in_state(RecordingState.REMOVED, BATCH)
        for recording in active:
            await self._watch(recording)
        for recording in stopped:
            await self.finish(recording.room, recording.id)
        for recording in expired:
            await self._expire(recording)
        for recording in removed:
            await self._delete(recording)

    async def _watch(self, recording: Recording) -> None:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            room = await uow.rooms.lock(recording.room)
            current = await uow.recordings.find(recording.room, recording.id)
            if room is None or current is None or current.state is not RecordingState.ACTIVE:
                return
            present = await uow.presences.of_room(recording.room)
            watched = current.watch(not any(peer.in_call for peer in present), now)
            if room.closed_at is not None and watched.state is RecordingState.ACTIVE:
                watched = watched.stop(StopReason.CLOSED, now)
            if watched == current:
                return
            await uow.recordings.update(watched)
            if watched.state is RecordingState.STOPPED and watched.reason is not None:
                data = {"id": recording.id, "reason": watched.reason.value}
                kind = EventType.RECORDING_STOPPED
                await append(uow, recording.room, kind, None, data, now, self._fresh)
                await self._audit(uow, None, "recording.stopped", current, data)

    async def finish(self, room_id: str, recording_id: str) -> None:
        """Complete a stopped one's files, where it was recorded unless that process is dead."""
        async with self._one_by_one(room_id):
            async with self._database.reading() as uow:
                found = await uow.recordings.find(room_id, recording_id)
                if found is None or found.state is not RecordingState.STOPPED:
                    return
                alive = await uow.presences.is_alive(found.node, self._clock.now())
            if found.node == self._node or not alive:
                try:
                    await self._finish(found)
                except Exception as error:
                    if (code := getattr(error, "code", None)) is None:
                        raise
                    log.warning("recording-not-finished", code=str(code))

    async def _finish(self, recording: Recording) -> None:
        key = self._key(recording)
        files = await self._plane.finish_recording(recording.room, recording.id, key)
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.rooms.lock(recording.room)
            current = await uow.recordings.find(recording.room, recording.id)
            if current is None or current.state is not RecordingState.STOPPED:
                return
            await uow.recordings.update(current.finish(files, now + self._kept))
            data = {"id": recording.id}
            kind = EventType.RECORDING_READY
            await append(uow, recording.room, kind, None, data, now, self._fresh)

    async def _expire(self, recording: Recording) -> None:
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.rooms.lock(recording.room)
            await uow.recordings.update(recording.remove(now))
            data = {"id": recording.id}
            kind = EventType.RECORDING_REMOVED
            await append(uow, recording.room, kind, None, data, now, self._fresh)
            await self._audit(uow, None, "recording.expired", recording, {})

    async def _delete(self, recording: Recording) -> None:
        await self._vault.delete(recording.id)
        async with self._database.transaction() as uow:
            await uow.recordings.forget(recording.id)

    # --- internals ---

    def _recording(self, proven: Access, now: datetime) -> Recording:
        recording_id, member = self._fresh.id(), proven.membership
        key = base64.urlsafe_b64decode(self._fresh.secret() + "=")
        sealed = self._box.seal(key, f"recording:{recording_id}")
        sender = Sender(member.person, member.name)
        asked = Recording(recording_id, member.room, sender, now, self._node, sealed)
        return asked.agree(member.person, member.name, True, now)

    def _one_by_one(self, room_id: str) -> asyncio.Lock:
        return self._applying.setdefault(room_id, asyncio.Lock())

    def _key(self, recording: Recording) -> bytes:
        return self._box.open(recording.key, f"recording:{recording.id}")

    async def _find(self, uow: UnitOfWork, room_id: str, recording_id: str) -> Recording:
        recording = await uow.recordings.find(room_id, recording_id)
        if recording is None:
            raise NotFound
        return recording

    async def _tell(
        self,
        uow: UnitOfWork,
        proven: Access,
        kind: EventType,
        data: Mapping[str, Any],
        now: datetime,
    ) -> None:
        room_id, sender = proven.room.id, proven.membership.sender
        await append(uow, room_id, kind, sender, data, now, self._fresh)

    async def _audit(
        self,
        uow: UnitOfWork,
        actor: Actor | None,
        action: str,
        recording: Recording,
        facts: Mapping[str, Any],
    ) -> None:
        who = "system" if actor is None else actor.person
        data = {"room": recording.room, **facts}
        await uow.audit.record(self._clock.now(), who, action, recording.id, data)
