"""Signed tokens and the keys behind them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol


class TokenCodec(Protocol):
    """Signs and verifies JWTs (RFC 7519) with the live keys."""

    def encode(self, claims: Mapping[str, Any], now: datetime) -> str:
        """Sign with the key that signs at `now`."""
        ...

    def decode(self, token: str, audiences: Collection[str], now: datetime) -> Mapping[str, Any]:
        """The claims of a token valid at `now`. Raises Unauthenticated for any other."""
        ...

    def jwks(self) -> dict[str, Any]:
        """Public keys as a JWK Set (RFC 7517 §5)."""
        ...
