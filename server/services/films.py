"""Films: all sources of a recording laid out in one, made offline when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from server.domain.recordings import Mix, MixState, Recording
from server.domain.timeline import EventType
from server.services.ports.clock import Clock, Fresh
from server.services.ports.recordings import RecordingVault
from server.services.ports.unit_of_work import Database
from server.services.timeline import append

log = structlog.get_logger(__name__)

MIX_PATIENCE = timedelta(minutes=2)
"""A claim that is not renewed for so long belongs to a process that died."""

MIX_PAUSE_S = 1.0


class Films:
    """One at a time in each process; `key` opens a recording's files."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        vault: RecordingVault,
        key: Callable[[Recording], bytes],
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._vault = vault
        self._key = key

    async def run(self) -> None:
        """Make films, one after another, until cancelled."""
        while True:
            try:
                did = await self.make()
            except Exception as error:
                log.error("mix-failed", error=type(error).__name__)
                did = False
            if not did:
                await self._clock.sleep(MIX_PAUSE_S)

    async def make(self) -> bool:
        """Make one film; False when none waits."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            recording = await uow.recordings.waiting_mix(now - MIX_PATIENCE)
            if recording is None:
                return False
            claimed = replace(recording, mix=Mix(MixState.MAKING, claimed_at=now))
            await uow.recordings.update(claimed)

        async def progressed(share: float) -> None:
            mix = Mix(MixState.MAKING, share, claimed_at=self._clock.now())
            await self._mixed(claimed, mix)

        files = [one.to_json() for one in recording.files]
        try:
            made = await self._vault.mix(recording.id, self._key(recording), files, progressed)
        except RuntimeError:
            log.warning("mix-failed", id=recording.id)
            await self._mixed(claimed, Mix(MixState.FAILED))
        else:
            ready = Mix(MixState.READY, 1.0, made["bytes"], made["duration_ms"])
            await self._mixed(claimed, ready)
        return True

    async def _mixed(self, recording: Recording, mix: Mix) -> None:
        async with self._database.transaction() as uow:
            current = await uow.recordings.find(recording.room, recording.id)
            if current is not None:
                await uow.recordings.update(replace(current, mix=mix))
                if mix.state in (MixState.READY, MixState.FAILED):
                    now, data = self._clock.now(), {"id": recording.id}
                    kind = EventType.RECORDING_READY
                    await append(uow, recording.room, kind, None, data, now, self._fresh)
