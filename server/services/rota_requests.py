"""Cover and swap: a colleague is asked, and the answer moves the duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.deadlines import Deadline
from server.domain.errors import Invalid, LimitExceeded, NotFound
from server.domain.pushes import CAN_WAIT
from server.domain.rota_requests import (
    NOTE_LIMIT,
    OPEN_LIMIT,
    RequestEnded,
    RequestState,
    ShiftRequest,
    Stretch,
)
from server.domain.tasks import TASKS_LIMIT, Task, Urgency
from server.domain.texts import is_storable, storable
from server.services.changes import tell_changed
from server.services.guard_pasts import keep_rota
from server.services.on_call import able
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.qualifications import account_of
from server.services.reach import Matter, Reach
from server.services.rotas import DUTY, found

EXPIRE = "rota.request"
ASKED = "rota.asked"
"""Due when nobody may answer a request any more; its subject is the request."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests as one person sees them, with the names of those in them."""

    items: Sequence[ShiftRequest]
    people: Mapping[str, User]
    me: str


class RotaRequests:
    """Use cases of requests for shifts."""

    def __init__(self, database: Database, clock: Clock, reach: Reach) -> None:
        self._database = database
        self._clock = clock
        self._reach = reach
        self._fresh = reach.fresh

    async def list(self, actor: Actor, rota_id: str) -> Requests:
        """The newest of a rota. Raises NotFound."""
        async with self._database.reading() as uow:
            user = await account_of(uow, actor)
            rota = await found(uow, rota_id)
            return await _seen(uow, await uow.rota_requests.of_rota(rota.id, TASKS_LIMIT), user.id)

    async def ask(
        self,
        actor: Actor,
        rota_id: str,
        asked: str,
        given: Stretch,
        taken: Stretch | None,
        note: str,
    ) -> Requests:
        """Ask a colleague. Raises NotFound, Invalid, DutyMoved, LimitExceeded."""
        now, note = self._clock.now(), storable(" ".join(note.split()), "note")
        if len(note) > NOTE_LIMIT:
            raise Invalid("The note has at most 500 characters.", path="note")
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            rota = await found(uow, rota_id)
            colleague = await uow.accounts.find(asked) if is_storable(asked) else None
            if not able(colleague, rota):
                raise Invalid("The colleague must hold the role and be admitted.", path="asked")
            request = ShiftRequest(
                self._fresh.id(), rota.id, user.id, asked, given, taken, note, now
            ).check(rota, now)
            recent = await uow.rota_requests.of_rota(rota.id, 4 * OPEN_LIMIT)
            if sum(one.state is RequestState.OPEN for one in recent) >= OPEN_LIMIT:
                raise LimitExceeded(limit="requests")
            await uow.rota_requests.add(request)
            await uow.deadlines.set(Deadline(EXPIRE, request.id, request.expires_at))
            matter = Matter(ASKED, request.id, f"/rotas/{rota.id}", rank=CAN_WAIT)
            await self._reach.tell(uow, asked, matter, now)
            await _tell(uow, request, user.id, now)
            return await _seen(uow, [request], user.id)

    async def accept(self, actor: Actor, rota_id: str, request_id: str) -> Requests:
        """Take the duty. Raises NotFound, Forbidden, RequestEnded, DutyMoved, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            await uow.rotas.lock(rota_id)
            rota, request = await found(uow, rota_id), await _request(uow, rota_id, request_id)
            accepted = request.accept(user.id, rota, now, (self._fresh.id(), self._fresh.id()))
            rota = rota.override(*accepted.overrides)
            people = await uow.accounts.named({each.member for each in accepted.overrides})
            if not all(able(people.get(each.member), rota) for each in accepted.overrides):
                raise Invalid("Each must hold the role and be admitted.", path="members")
            await keep_rota(uow, rota, now)
            for override in accepted.overrides:
                await uow.rotas.add_override(rota.id, override)
            await uow.deadlines.set(Deadline(DUTY, rota.id, now))
            tell_changed(uow, "rotas", rota.id, rota.people | await uow.accounts.administrators())
            return await self._ended(uow, accepted.request, user.id, now)

    async def decline(self, actor: Actor, rota_id: str, request_id: str) -> Requests:
        """Say no. Raises NotFound, Forbidden, RequestEnded."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            request = await _request(uow, rota_id, request_id)
            return await self._ended(uow, request.decline(user.id, now), user.id, now)

    async def withdraw(self, actor: Actor, rota_id: str, request_id: str) -> Requests:
        """Ask no longer. Raises NotFound, Forbidden, RequestEnded."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            request = await _request(uow, rota_id, request_id)
            return await self._ended(uow, request.withdraw(user.id, now), user.id, now)

    async def expire(self, uow: UnitOfWork, deadline: Deadline, now: datetime) -> None:
        """End a request that nobody answered."""
        request = await uow.rota_requests.find(deadline.subject)
        if request is not None and request.state is RequestState.OPEN:
            await self._ended(uow, request.expire(now), "system", now)

    async def _ended(
        self, uow: UnitOfWork, request: ShiftRequest, by: str, now: datetime
    ) -> Requests:
        if not await uow.rota_requests.end(request):
            raise RequestEnded
        await uow.deadlines.cancel(request.id, EXPIRE)
        await self._reach.over(uow, ASKED, request.id)
        await _tell(uow, request, by, now)
        return await _seen(uow, [request], by)


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """Requests that wait for a person's answer."""
    waiting = await uow.rota_requests.asked(user.id, TASKS_LIMIT)
    rotas = await uow.rotas.named({each.rota for each in waiting})
    return [
        Task(
            ASKED,
            each.id,
            rotas[each.rota].name,
            Urgency.TODAY,
            f"/rotas/{each.rota}",
            each.expires_at,
        )
        for each in waiting
        if now < each.expires_at
    ]


async def _request(uow: UnitOfWork, rota: str, request_id: str) -> ShiftRequest:
    request = await uow.rota_requests.find(request_id) if is_storable(request_id) else None
    if request is None or request.rota != rota:
        raise NotFound
    return request


async def _seen(uow: UnitOfWork, items: Sequence[ShiftRequest], me: str) -> Requests:
    people = {person for each in items for person in (each.asker, each.asked)}
    return Requests(items, await uow.accounts.named(people), me)


async def _tell(uow: UnitOfWork, request: ShiftRequest, by: str, now: datetime) -> None:
    trail = {"rota": request.rota, "asker": request.asker, "asked": request.asked}
    action = "asked" if request.state is RequestState.OPEN else request.state.value
    await uow.audit.record(now, by, f"rota.request-{action}", request.id, trail)
    both = (request.asker, request.asked)
    tell_changed(uow, "tasks", request.id, both)
    tell_changed(uow, "rotas", request.rota, both)
