"""How a person is told that something waits: every device, and every contact method proved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.contact_messages import Message, MessageState, due_of
from server.domain.contact_methods import PROVED, ContactMethod, Kind
from server.domain.guard_drills import EchoState
from server.domain.pushes import CAN_WAIT, ORDINARY, Push
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork
from server.services.pushes import push

Methods = Mapping[str, Sequence[ContactMethod]]


@dataclass(frozen=True, slots=True)
class Matter:
    """What waits for somebody, in words that may stand on a lock screen (hazard 20)."""

    kind: str
    subject: str
    place: str
    rank: int = ORDINARY
    service: str = ""
    priority: str = ""
    round: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """Tells people in the caller's transaction; `kinds` are those that this server can send."""

    fresh: Fresh
    kinds: Collection[Kind] = ()

    async def tell(self, uow: UnitOfWork, person: str, matter: Matter, now: datetime) -> None:
        """Wake the devices and write to the contacts; what is still on its way is not doubled."""
        kind, subject, place = matter.kind, matter.subject, matter.place
        if not await uow.pushes.pending(kind, subject, person):
            await push(uow, person, kind, subject, place, now, self.fresh, matter.rank)
        mine = [
            one
            for one in (await self.methods(uow, [person])).get(person, ())
            if matter.rank < CAN_WAIT or one.kind is Kind.EMAIL
        ]
        if mine:
            sent = await uow.contact_messages.about(kind, [subject], person)
            await self.write(uow, mine, matter, of_sounding(sent, matter.round, matter.step), now)

    async def over(self, uow: UnitOfWork, kind: str, subject: str) -> None:
        """Nobody need look at it any more."""
        await uow.pushes.cancel(kind, subject)
        if self.kinds:
            await uow.contact_messages.cancel(kind, subject)

    async def prove(self, uow: UnitOfWork, person: str, matter: Matter, now: datetime) -> None:
        """Try each device and each contact for which nothing was taken this shift."""
        devices = [one for one in await uow.pushes.of(person) if not one.is_proved(now)]
        await uow.pushes.enqueue(
            [
                Push(
                    self.fresh.id(), one.id, person, matter.kind, matter.subject, matter.place, now
                )
                for one in devices
            ]
        )
        mine = (await self.methods(uow, [person])).get(person, ())
        stale = [one for one in mine if one.used_at is None or now - one.used_at >= PROVED]
        await uow.contact_messages.enqueue([self._message(one, matter, now, now) for one in stale])

    async def proofs(
        self, uow: UnitOfWork, people: Collection[str], kind: str, subject: str, now: datetime
    ) -> Mapping[str, Sequence[tuple[str, str, EchoState]]]:
        """Of each person the ways (channel, device), and how far what `prove` sent there came."""
        found: dict[str, list[tuple[str, str, EchoState]]] = {}
        for person, devices in (await uow.pushes.of_people(people)).items():
            found[person] = [
                ("push", one.id, EchoState.PROVED if one.is_proved(now) else EchoState.UNPROVED)
                for one in devices
            ]
        for person, methods in (await self.methods(uow, people)).items():
            sent = await uow.contact_messages.about(kind, [subject], person)
            last = {one.method: one.state for one in sent}
            found.setdefault(person, []).extend(
                (one.kind.value, one.id, _proof(one, last.get(one.id), now)) for one in methods
            )
        return found

    async def write(
        self,
        uow: UnitOfWork,
        methods: Sequence[ContactMethod],
        matter: Matter,
        sent: Sequence[Message],
        now: datetime,
    ) -> Sequence[Message]:
        """Write to contacts, each at its time after what they got already; answers what."""
        made = []
        for method in methods:
            former = [one for one in sent if one.method == method.id]
            due_at = due_of(method, former, now)
            if due_at is not None:
                made.append(self._message(method, matter, now, due_at))
        await uow.contact_messages.enqueue(made)
        return made

    async def methods(self, uow: UnitOfWork, people: Collection[str]) -> Methods:
        """The contacts of each person that are proved, on, and of a kind that can be sent."""
        if not self.kinds:
            return {}
        found = await uow.contact_methods.of_people(people)
        return {
            person: used
            for person, theirs in found.items()
            if (used := [one for one in theirs if one.is_used and one.kind in self.kinds])
        }

    def _message(
        self, method: ContactMethod, matter: Matter, now: datetime, due_at: datetime
    ) -> Message:
        return Message(
            self.fresh.id(),
            method.id,
            method.kind,
            method.person,
            matter.kind,
            matter.subject,
            matter.place,
            now,
            due_at,
            matter.rank,
            matter.round,
            matter.step,
            matter.service,
            matter.priority,
        )


def _proof(method: ContactMethod, sent: MessageState | None, now: datetime) -> EchoState:
    if sent is None or sent is MessageState.QUEUED:
        if method.error is not None:
            return EchoState.FAILED
        is_proved = method.used_at is not None and now - method.used_at < PROVED
        return EchoState.PROVED if is_proved else EchoState.UNPROVED
    return EchoState(sent.value)


def of_sounding(sent: Sequence[Message], round_: int, step: int) -> Sequence[Message]:
    """Those of one step of an alert."""
    return [one for one in sent if (one.round, one.step) == (round_, step)]
