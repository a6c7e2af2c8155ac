"""Asking a colleague to take a shift, or to exchange two; the colleague's answer decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from server.domain.errors import Conflict, Forbidden, Invalid
from server.domain.rota import OVERRIDE_LIMIT, Override, Rota, shifts

NOTE_LIMIT = 500
OPEN_LIMIT = 50
"""Open requests of one rota."""


class RequestState(StrEnum):
    """Where a request stands; all but open are ends."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class RequestEnded(Conflict):
    """It was answered, withdrawn or too late."""

    message = "This request is no longer open."


class DutyMoved(Conflict):
    """The shifts are no longer those people's."""

    message = "Somebody else holds that duty by now."


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` until just before `end`."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, end: datetime) -> Self:
        """To the second, as shifts are."""
        return cls(start.replace(microsecond=0), end.replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class ShiftRequest:
    """`asker` wants `asked` to take `given`; where it is a swap, and takes `taken` instead."""

    id: str
    rota: str
    asker: str
    asked: str
    given: Stretch
    taken: Stretch | None
    note: str
    created_at: datetime
    state: RequestState = RequestState.OPEN
    ended_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """When the first of its shifts begins: nobody can answer after that."""
        return min(each.start for each in (self.given, self.taken) if each)

    def check(self, rota: Rota, now: datetime) -> Self:
        """Whether it may be asked. Raises Invalid, DutyMoved."""
        if self.asker == self.asked:
            raise Invalid("Ask somebody else.", path="asked")
        for stretch, path in ((self.given, "given"), (self.taken, "taken")):
            if stretch and not now < stretch.start < stretch.end <= stretch.start + OVERRIDE_LIMIT:
                raise Invalid("It must lie ahead, and end after it starts.", path=path)
        self._require_duty(rota)
        return self

    def accept(self, by: str, rota: Rota, now: datetime, ids: tuple[str, str]) -> Accepted:
        """The request as accepted and the overrides that make it so.

        Raises Forbidden, RequestEnded, DutyMoved.
        """
        ended = self._end(by, self.asked, RequestState.ACCEPTED, now)
        self._require_duty(rota)
        made = [Override.of(ids[0], self.given.start, self.given.end, self.asked)]
        if self.taken:
            made.append(Override.of(ids[1], self.taken.start, self.taken.end, self.asker))
        return Accepted(ended, tuple(made))

    def decline(self, by: str, now: datetime) -> Self:
        """The colleague's no. Raises Forbidden, RequestEnded."""
        return self._end(by, self.asked, RequestState.DECLINED, now)

    def withdraw(self, by: str, now: datetime) -> Self:
        """The asker's second thought. Raises Forbidden, RequestEnded."""
        return self._end(by, self.asker, RequestState.WITHDRAWN, now)

    def expire(self, now: datetime) -> Self:
        """Nobody answered in time. Raises RequestEnded."""
        if self.state is not RequestState.OPEN:
            raise RequestEnded
        return replace(self, state=RequestState.EXPIRED, ended_at=now)

    def _end(self, by: str, whose: str, state: RequestState, now: datetime) -> Self:
        if by != whose:
            raise Forbidden
        if self.state is not RequestState.OPEN or now >= self.expires_at:
            raise RequestEnded
        return replace(self, state=state, ended_at=now)

    def _require_duty(self, rota: Rota) -> None:
        if not holds_all(rota, self.asker, self.given):
            raise DutyMoved
        if self.taken and not holds_all(rota, self.asked, self.taken):
            raise DutyMoved


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an acceptance leads to."""

    request: ShiftRequest
    overrides: tuple[Override, ...]


def holds_all(rota: Rota, member: str, stretch: Stretch) -> bool:
    """Whether a person is on duty during the whole of it."""
    return {each.member for each in shifts(rota, stretch.start, stretch.end)} == {member}
