"""Stored studies, their checked images, readers and result links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.access import Role
from server.domain.result_links import ResultLink
from server.domain.studies import Image, Study
from server.services.ports.accounts import Colleague


class StudyStore(Protocol):
    """The studies of one transaction."""

    async def add(self, study: Study) -> None:
        """Store a new one."""

    async def find(self, study_id: str, *, locked: bool = False) -> Study | None:
        """One study; locked, it is held until the transaction ends."""
        ...

    async def of_room(self, room_id: str) -> Study | None:
        """The study that owns a room."""
        ...

    async def update(self, study: Study) -> None:
        """Store what changed."""

    async def assigned_to(self, person: str, limit: int) -> Sequence[Study]:
        """What a radiologist is to read or read, unread first, newest first."""
        ...

    async def of_organisations(self, organisations: Collection[str], limit: int) -> Sequence[Study]:
        """What was asked at these organisations, newest first."""
        ...

    async def of_gp(self, person: str, limit: int) -> Sequence[Study]:
        """Reported studies whose patient's GP this is, newest first."""
        ...

    async def shared_of_patient(self, patient: str, limit: int) -> Sequence[Study]:
        """Reported studies of a patient who consented to sharing, newest first."""
        ...

    async def unread_by(self, person: str, limit: int) -> Sequence[Study]:
        """Reported studies this person asked for, or is GP of, and has not read."""
        ...

    async def with_role(self, role: Role) -> Sequence[Colleague]:
        """Active people who hold a role somewhere, by name: whom a study may go to."""
        ...

    async def read(self, study_id: str, person: str, now: datetime) -> None:
        """Note that somebody read the result; the first time counts."""

    async def images(self, study_id: str) -> Sequence[Image]:
        """Checked images."""
        ...

    async def add_images(self, images: Sequence[Image]) -> None:
        """Store verdicts; those of known documents stay."""

    async def add_link(self, link: ResultLink) -> None:
        """Store a new link."""

    async def links(self, study_id: str) -> Sequence[ResultLink]:
        """A study's links, newest first."""
        ...

    async def link_by_secret(self, digest: str) -> ResultLink | None:
        """The one whose secret has this digest, held until the transaction ends."""
        ...

    async def link_by_reading(self, digest: str) -> ResultLink | None:
        """The one that was opened with this reading secret."""
        ...

    async def update_link(self, link: ResultLink) -> None:
        """Store what changed."""
