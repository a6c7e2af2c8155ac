"""Signing keys in rotation: one signs, the next is already published, the last still verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

ROTATION = timedelta(days=30)
OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key: `private` is its raw 32 bytes; it signs from `signs_from` on."""

    kid: str
    private: bytes
    signs_from: datetime


def live(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Keys that may verify at `now`, oldest first: those without a successor for OVERLAP."""
    ordered = sorted(keys, key=lambda key: key.signs_from)
    superseded = {
        key.kid for key, successor in pairwise(ordered) if successor.signs_from + OVERLAP <= now
    }
    return [key for key in ordered if key.kid not in superseded]


def signing(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """The key that signs at `now`. Raises LookupError when none does."""
    begun = [key for key in keys if key.signs_from <= now]
    if not begun:
        raise LookupError("no signing key")
    return max(begun, key=lambda key: key.signs_from)


def missing(keys: Sequence[SigningKey], now: datetime) -> list[datetime]:
    """From when the keys to be made must sign, so that one signs now and one waits."""
    if not any(key.signs_from <= now for key in keys):
        return [now, now + ROTATION] if not keys else [now]
    return [] if any(key.signs_from > now for key in keys) else [now + ROTATION]
