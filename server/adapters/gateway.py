"""The hospital's SMS and voice gateway: a signed webhook for each message."""

from __future__ import annotations

import json

from server.domain.instants import rfc3339
from server.domain.webhooks import Outcome
from server.services.ports.contacts import Letter
from server.services.ports.webhooks import Courier
from server.services.webhook_signatures import signed


class GatewayCarrier:
    """Posts messages to one address; `webhook-id` lets the gateway drop a repetition."""

    def __init__(self, courier: Courier, url: str, secret: str) -> None:
        self._courier = courier
        self._url = url
        self._secret = secret

    async def carry(self, letter: Letter) -> Outcome:
        """Send, never raise: whatever happens is an outcome."""
        body = json.dumps(
            {
                "type": f"message.{letter.channel.value}",
                "timestamp": rfc3339(letter.at),
                "data": {
                    "message": letter.id,
                    "to": letter.to,
                    "text": letter.text,
                    "locale": letter.locale,
                    "urgent": letter.is_urgent,
                },
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        headers = signed(self._secret, letter.id, body, letter.at)
        return await self._courier.post(self._url, headers, body.encode())
