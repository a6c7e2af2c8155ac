"""Figures that the database counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.figures import Share, Span, Use


class FigureStore(Protocol):
    """Counts over one transaction's view; a fixed number of queries."""

    async def use(self, span: Span) -> Sequence[Use]:
        """By month and service."""
        ...

    async def guard(self, span: Span) -> Sequence[Share]:
        """How requests filed in the span were answered."""
        ...

    async def televisits(self, span: Span) -> Sequence[Share]:
        """How televisits concluded in the span went."""
        ...
