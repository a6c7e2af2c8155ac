"""The sandbox as the real network sees it, and its stored passes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from server.domain.training import Pass, Trainee


class Sandbox(Protocol):
    """The other realm: a server of its own with a database of its own."""

    async def admit(self, trainee: Trainee) -> str:
        """Prepare an account and cases; answers a code that is good once."""
        ...

    async def reset(self) -> None:
        """Forget all that was practised and begin anew; people stay signed in."""


class PracticeStore(Protocol):
    """What the sandbox alone keeps, in one transaction."""

    async def add_pass(self, made: Pass) -> None:
        """Store a new one."""

    async def take_pass(self, digest: str) -> Pass | None:
        """Remove and answer it; None when there is none, or no longer."""
        ...

    async def erase(self) -> None:
        """Forget everything but people, organisations, sessions and keys."""

    async def unheard(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """Guard requests sent to a scripted radiologist by then who did not answer yet."""
        ...

    async def unwritten(self, before: datetime, limit: int) -> list[tuple[str, str, int]]:
        """Scripted people's drafts begun by then: report, author, version."""
        ...

    async def unanswered(self, limit: int) -> list[tuple[str, str]]:
        """Rooms whose last message is a trainee's, each with a scripted member who may answer."""
        ...
