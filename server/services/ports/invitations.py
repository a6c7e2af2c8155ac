"""Stored invitations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.invitations import Invitation


class InvitationStore(Protocol):
    """The invitations of one transaction."""

    async def add(self, invitation: Invitation) -> None:
        """Store a new one."""

    async def find(self, invitation_id: str) -> Invitation | None:
        """One invitation."""
        ...

    async def by_code(self, code_digest: str) -> Invitation | None:
        """The one whose code has this digest."""
        ...

    async def by_resume(self, resume_digest: str) -> Invitation | None:
        """The one whose resume secret has this digest."""
        ...

    async def claim(self, invitation: Invitation) -> bool:
        """Store a redemption; False when somebody was faster or it was revoked."""
        ...

    async def revoke(self, invitation: Invitation) -> None:
        """Store the revocation."""

    async def of_room(self, room_id: str) -> Sequence[Invitation]:
        """All, newest first."""
        ...
