"""The use cases that the HTTP edge calls."""

from __future__ import annotations

from dataclasses import dataclass

from server.services.documents import Documents
from server.services.idempotency import Idempotency
from server.services.ports.clock import Clock, Fresh
from server.services.tokens import Tokens
from server.services.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Services:
    """One attribute per noun."""

    clock: Clock
    fresh: Fresh
    tokens: Tokens
    idempotency: Idempotency
    documents: Documents
    uploads: Uploads
