"""Who may see a study, and as what."""

from __future__ import annotations

from enum import StrEnum

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.errors import Forbidden, NotFound
from server.domain.studies import READERS, REQUESTERS, Study, StudyState
from server.domain.texts import is_storable
from server.services.ports.unit_of_work import UnitOfWork
from server.services.qualifications import account_of, holds


class Standing(StrEnum):
    """What a person is to a study."""

    SITE = "site"
    """Of the hospital that asked."""
    RADIOLOGIST = "radiologist"
    """Who is to read it, or did."""
    READER = "reader"
    """The patient's GP, or whoever consent admits: of the result only."""


async def reach(
    uow: UnitOfWork, actor: Actor, study_id: str, *, locked: bool = False
) -> tuple[Study, User, Standing]:
    """A study, the caller and the caller's standing. Raises NotFound for anybody else."""
    user = await account_of(uow, actor)
    study = await uow.studies.find(study_id, locked=locked) if is_storable(study_id) else None
    standing = None if study is None else standing_of(study, user)
    if study is None or standing is None:
        raise NotFound
    return study, user, standing


async def at_site(uow: UnitOfWork, actor: Actor, study_id: str) -> tuple[Study, User]:
    """The same, held, for those of the hospital that asked. Raises Forbidden for the others."""
    study, user, standing = await reach(uow, actor, study_id, locked=True)
    if standing is not Standing.SITE:
        raise Forbidden
    return study, user


def standing_of(study: Study, user: User) -> Standing | None:
    """None for strangers, and for other hospitals without the patient's consent."""
    if user.id == study.requester or holds(user, *REQUESTERS, organisation=study.organisation):
        return Standing.SITE
    if user.id == study.assignee:
        return Standing.RADIOLOGIST
    is_reported = study.state is StudyState.REPORTED
    if is_reported and (user.id == study.gp or (study.consent and holds(user, *READERS))):
        return Standing.READER
    return None
