"""The audit trail as use cases write it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class AuditTrail(Protocol):
    """Entries join the transaction; the engine seals them into the hash chain."""

    async def record(
        self, at: datetime, actor: str, action: str, subject: str, data: Mapping[str, Any]
    ) -> None:
        """Append an entry. `data` holds ids and codes, never patient data or secrets."""
