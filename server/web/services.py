"""The use cases that the HTTP edge calls."""

from __future__ import annotations

from dataclasses import dataclass

from server.services.idempotency import Idempotency
from server.services.ports.clock import Clock, Fresh
from server.services.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Services:
    """One attribute per noun."""

    clock: Clock
    fresh: Fresh
    tokens: Tokens
    idempotency: Idempotency
