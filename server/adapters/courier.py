"""Posting to addresses outside, within limits."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from server.domain.webhooks import Outcome

TIMEOUT_S = 15.0
"""Standard Webhooks asks for 15 to 30 s."""


class HttpCourier:
    """Posts by HTTP; follows no redirects and reads no answers beyond their status.

    `plain`: whether http without TLS, which addresses allow to this very machine only, is carried
    out; a server that the world reaches must not post to its neighbours on the machine.
    """

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send, never raise: whatever happens is an outcome."""
        if not self._plain and urlsplit(url).scheme != "https":
            return Outcome(None, "not-https")
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=TIMEOUT_S)) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return Outcome(answer.status)
        except TimeoutError:
            return Outcome(None, "timeout")
        except (ClientError, OSError, ValueError) as error:
            return Outcome(None, type(error).__name__)
