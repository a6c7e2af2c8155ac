"""Printed papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on it: facts as (label, value), sections as (heading, text)."""

    title: str
    locale: str
    facts: Sequence[tuple[str, str]] = ()
    sections: Sequence[tuple[str, str]] = ()
    signatures: Sequence[str] = ()
    notes: Sequence[str] = ()


class Papers(Protocol):
    """Makes PDF files."""

    async def render(self, paper: Paper) -> bytes:
        """The paper as PDF, sealed with the server's key when there is one."""
        ...
