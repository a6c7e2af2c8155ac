"""Credentials for a TURN relay that last minutes (draft-uberti-behave-turn-rest-00)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Relay:
    """The relay's URLs and the secret that it shares with this server; no URL, no relay."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    lifetime: timedelta = timedelta(minutes=10)

    def ice_servers(self, peer: str, now: datetime) -> list[dict[str, Any]]:
        """RTCIceServer dictionaries for a peer; the name says when they end, its HMAC proves it."""
        if not self.urls:
            return []
        username = f"{int((now + self.lifetime).timestamp())}:{peer}"
        digest = hmac.digest(self.secret.encode(), username.encode(), hashlib.sha1)
        credential = base64.b64encode(digest).decode()
        return [{"urls": list(self.urls), "username": username, "credential": credential}]
