"""Papers as PDF by fpdf2, sealed when there is a key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from server.services.ports.clock import Clock
from server.services.ports.papers import Paper

Seal = Callable[[bytes], bytes]


class PdfPapers:
    """Renders in a thread; `seal` signs the finished file."""

    def __init__(self, clock: Clock, *, is_demo: bool, seal: Seal | None = None) -> None:
        self._clock = clock
        self._is_demo = is_demo
        self._seal = seal

    async def render(self, paper: Paper) -> bytes:
        """The paper as PDF, sealed with the server's key when there is one."""
        return await asyncio.to_thread(self._render, paper)

    def _render(self, paper: Paper) -> bytes:
        from server.adapters.paper_sheet import Sheet  # slow: not at each start

        page = Sheet(paper, self._is_demo)
        page.set_creation_date(self._clock.now())
        page.compose()
        pdf = bytes(page.output())
        return pdf if self._seal is None else self._seal(pdf)
