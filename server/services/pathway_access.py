"""The only way into a pathway: who the actor is there, now, and who is told of changes."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.access import Actor, Role
from server.domain.accounts import User
from server.domain.errors import Forbidden, NotFound
from server.domain.memberships import MembershipState
from server.domain.pathways import Ability, Handover, Pathway, abilities, organisations_as
from server.domain.texts import is_storable
from server.domain.timeline import Sender
from server.services.changes import tell_changed
from server.services.ports.pathways import Scope
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import account_of


@dataclass(frozen=True, slots=True)
class Standing:
    """A person before one pathway: what may be done there."""

    user: User
    pathway: Pathway
    handover: Handover | None
    abilities: frozenset[Ability]
    is_seated: bool

    @property
    def sender(self) -> Sender:
        """The person as the timeline names people."""
        return Sender(self.user.id, self.user.name)

    def require(self, *any_of: Ability) -> None:
        """Raise Forbidden unless one of the abilities is there."""
        if not self.abilities & set(any_of):
            raise Forbidden


async def standing(
    uow: UnitOfWork, actor: Actor, pathway_id: str, *, locked: bool = False
) -> Standing:
    """The caller before a pathway; `locked` keeps it as it is until the transaction ends.

    Raises NotFound for strangers.
    """
    user = await account_of(uow, actor)
    if not is_storable(pathway_id):
        raise NotFound
    pathway = await (uow.pathways.lock if locked else uow.pathways.find)(pathway_id)
    if pathway is None:
        raise NotFound
    handover = await uow.pathways.last_handover(pathway.id)
    offered_to = handover.target if handover is not None and handover.is_pending else None
    member = await uow.memberships.find(pathway.room, user.id)
    is_seated = member is not None and member.state is MembershipState.ACTIVE
    seat = member.role if member is not None and is_seated else None
    found = abilities(user, pathway, offered_to, seat)
    if found is None:
        raise NotFound
    return Standing(user, pathway, handover, found, is_seated)


def scope_of(user: User) -> Scope:
    """Whose lists a person sees."""
    return Scope(
        user.id,
        manages=organisations_as(user, Role.CASE_MANAGER),
        books=organisations_as(user, Role.BOOKING_CLERK),
    )


async def tell(uow: UnitOfWork, pathway: Pathway, *others: str) -> None:
    """Tell everybody whose lists the pathway is in; `others` are organisations besides."""
    desks = {pathway.hospital, pathway.responsible, *others}
    people = [
        *await uow.memberships.with_accounts(pathway.room),
        *await uow.pathways.staff(Role.CASE_MANAGER, desks),
        *await uow.pathways.staff(Role.BOOKING_CLERK, desks),
        *([pathway.gp] if pathway.gp else []),
    ]
    tell_changed(uow, "pathways", pathway.id, people)
    tell_changed(uow, "tasks", pathway.id, people)
