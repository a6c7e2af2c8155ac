"""Signatures of Standard Webhooks v1, made and checked (https://www.standardwebhooks.com)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock may be away."""


def signed(secret: str, message: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of a message; `webhook-id` is the same at each attempt."""
    return {
        "content-type": "application/json",
        "user-agent": "Guardline-Webhooks/1",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body),
    }


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a message was signed with the secret, a moment ago. Header names in lower case."""
    message, given = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
    try:
        at = datetime.fromtimestamp(int(headers.get("webhook-timestamp", "")), UTC)
        expected = Webhook(secret).sign(message, at, body.decode())
    except (ValueError, OverflowError, OSError):
        return False
    if not message or abs(now - at) > TOLERANCE:
        return False
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in given.split())
