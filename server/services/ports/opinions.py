"""Stored opinions, those they are asked of, and the syntheses made of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from server.domain.opinions import Doctor, Opinion, Synthesis


class OpinionStore(Protocol):
    """The opinions of one transaction; every listing is one query."""

    async def ask(self, doctor: Doctor) -> bool:
        """Store whose opinion is asked; False when it already is."""
        ...

    async def unask(self, consultation: str, person: str) -> None:
        """Do without somebody."""

    async def doctors(self, consultations: Collection[str]) -> Sequence[Doctor]:
        """Whose opinion is asked, in the order of asking."""
        ...

    async def save(self, opinion: Opinion) -> None:
        """Insert or replace."""

    async def of(self, consultations: Collection[str]) -> Sequence[Opinion]:
        """All opinions, drafts too, by round."""
        ...

    async def save_synthesis(self, synthesis: Synthesis) -> None:
        """Insert or replace."""

    async def syntheses(self, consultations: Collection[str]) -> Sequence[Synthesis]:
        """All syntheses, drafts too, by round."""
        ...
