"""The guard's requests as figures need them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from server.domain.guard_figures import Passage


class GuardFigureStore(Protocol):
    """Requests over one transaction's view; one query, however many there are."""

    def passages(
        self, begin: datetime, end: datetime, service: str | None
    ) -> AsyncIterator[Sequence[Passage]]:
        """Those filed from `begin` until just before `end`, some at a time."""
        ...
