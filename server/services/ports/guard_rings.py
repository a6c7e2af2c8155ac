"""For whom guard requests ring, over all requests of a person at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol


class RingStore(Protocol):
    """Who is rung, of one transaction; `kind` is that of the deadlines named after people."""

    async def keep(
        self, kind: str, people: Collection[str], now: datetime, wait: timedelta
    ) -> None:
        """Let these be rung again in a while, or when they would be anyhow."""

    async def people(self, kind: str) -> Sequence[str]:
        """Everybody who is rung."""
        ...

    async def note(
        self, person: str, channel: str, device: str, now: datetime, *, is_ready: bool
    ) -> None:
        """A row for a device in each alert that rings for somebody, unless there is one."""

    async def hurry(
        self,
        kind: str,
        person: str,
        heard: Collection[str],
        steps: Mapping[str, Mapping[str | None, int]],
        now: datetime,
    ) -> None:
        """Bring the next step forward for what rings for somebody and nobody hears.

        `kind` is that of the escalations, `heard` who can be heard to be called, `steps` how many
        there are by service and the requester's organisation, None being every other one.
        """

    async def forgotten(self, kind: str) -> Sequence[str]:
        """People for whom something rings and who would not be rung again."""
        ...
