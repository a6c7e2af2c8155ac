"""Trials of a connection: a person's browser sends to itself through the media plane, briefly."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from server.domain.access import Source
from server.domain.calls import REFUSALS, MediaUnavailable
from server.domain.errors import NotFound, RateLimited
from server.services.ports.clock import Clock, Fresh
from server.services.ports.media import MediaPlane

TRIAL_SECONDS = 45.0
TRIALS_MAX = 16
OFFER_SECONDS = 5.0
_ROOM = "trial:"
_SENT = frozenset({Source.CAMERA.value, Source.MICROPHONE.value})


@dataclass(slots=True, eq=False)
class Trial:
    """A room of the media plane with one sender and one receiver, both the same person."""

    id: str
    holder: str
    offer: asyncio.Future[tuple[int, str]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    expiry: asyncio.Task[None] | None = None

    @property
    def room(self) -> str:
        """As the media plane knows it; no id of a room begins like this."""
        return _ROOM + self.id

    @property
    def sender(self) -> str:
        """The peer that publishes."""
        return f"{self.id}.up"

    @property
    def receiver(self) -> str:
        """The peer that subscribes."""
        return f"{self.id}.down"


class Trials:
    """One at a time for each holder (a socket), few at once, each over within a minute."""

    def __init__(self, media: MediaPlane, clock: Clock, fresh: Fresh) -> None:
        self._media = media
        self._clock = clock
        self._fresh = fresh
        self._trials: dict[str, Trial] = {}

    async def begin(self, holder: str) -> Trial:
        """A new trial instead of the holder's former one. Raises RateLimited, MediaUnavailable."""
        await self.end(holder)
        if len(self._trials) >= TRIALS_MAX:
            raise RateLimited(retry_after=TRIAL_SECONDS)
        trial = Trial(self._fresh.id(), holder)
        self._trials[trial.id] = trial
        trial.expiry = asyncio.create_task(self._expire(trial))
        try:
            await self._media.join(trial.room, trial.sender, _SENT, False)
            await self._media.join(trial.room, trial.receiver, frozenset(), True)
        except Exception as error:
            await self._close(trial)
            raise _refusal(error) from error
        return trial

    async def offer(
        self, holder: str, trial_id: str, sdp: str, sources: Mapping[str, Source]
    ) -> tuple[str, int, str]:
        """The answer to what is sent, and the offer of what comes back with its number.

        Raises NotFound, SdpInvalid, NotPermitted, MediaUnavailable.
        """
        trial = self._find(holder, trial_id)
        wire = {mid: source.value for mid, source in sources.items()}
        try:
            answer = await self._media.publish(trial.room, trial.sender, sdp, wire)
            async with asyncio.timeout(OFFER_SECONDS):
                negotiation, offer = await asyncio.shield(trial.offer)
        except TimeoutError:
            raise MediaUnavailable from None
        except Exception as error:
            raise _refusal(error) from error
        self._find(holder, trial_id)
        return answer, negotiation, offer

    async def answer(self, holder: str, trial_id: str, negotiation: int, sdp: str) -> None:
        """Take the answer to that offer. Raises NotFound, SdpInvalid, NegotiationStale."""
        trial = self._find(holder, trial_id)
        try:
            await self._media.answer(trial.room, trial.receiver, negotiation, sdp)
        except Exception as error:
            raise _refusal(error) from error

    async def end(self, holder: str) -> None:
        """End the holder's trial; idempotent."""
        for trial in [one for one in self._trials.values() if one.holder == holder]:
            await self._close(trial)

    def offered(self, room: str, peer: str, negotiation: int, sdp: str) -> bool:
        """Whether this offer belongs to a trial; it waits for whoever asked."""
        if not room.startswith(_ROOM):
            return False
        trial = self._trials.get(room.removeprefix(_ROOM))
        if trial is not None and peer == trial.receiver and not trial.offer.done():
            trial.offer.set_result((negotiation, sdp))
        return True

    async def close(self) -> None:
        """End all; idempotent."""
        for trial in tuple(self._trials.values()):
            with suppress(Exception):  # the media plane may be gone already
                await self._close(trial)

    def _find(self, holder: str, trial_id: str) -> Trial:
        trial = self._trials.get(trial_id)
        if trial is None or trial.holder != holder:
            raise NotFound("The trial is over.")
        return trial

    async def _expire(self, trial: Trial) -> None:
        await self._clock.sleep(TRIAL_SECONDS)
        trial.expiry = None
        await self._close(trial)

    async def _close(self, trial: Trial) -> None:
        self._trials.pop(trial.id, None)
        if not trial.offer.done():
            trial.offer.set_result((0, ""))  # whoever waits is told that it is over
        if trial.expiry is not None:
            trial.expiry.cancel()
        await self._media.close_room(trial.room)


def _refusal(error: Exception) -> Exception:
    """The media plane's error as ours; what has no known code stays as it is."""
    code = str(getattr(error, "code", None))
    if code in ("peer-unknown", "room-unknown"):
        return MediaUnavailable()  # its worker was replaced
    known = REFUSALS.get(code)
    return error if known is None else known()
