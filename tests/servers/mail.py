"""A real SMTP server in this process: aiosmtpd, keeping what it takes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class MailServer:
    """`replies` by recipient override what it answers to RCPT."""

    port: int = 0
    user: str | None = None
    password: str = ""
    replies: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """A recipient."""
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        """A message."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.taken.append((list(envelope.rcpt_tos), mail))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any
    ) -> AuthResult:
        """AUTH PLAIN or LOGIN."""
        assert isinstance(given, LoginPassword)
        self.signed_in.append(given.login.decode())
        is_right = (given.login.decode(), given.password.decode()) == (self.user, self.password)
        return AuthResult(success=is_right, handled=is_right)  # else the server answers 535


@asynccontextmanager
async def mail_server(
    tls: ssl.SSLContext | None = None, user: str | None = None, password: str = ""
) -> AsyncIterator[MailServer]:
    """Serve on a free port of loopback; with `tls`, STARTTLS comes first; with `user`, AUTH."""
    kept = MailServer(user=user, password=password)

    def connection() -> SMTP:
        return SMTP(
            kept,
            hostname="mail.tests.example",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=user is not None,
            authenticator=kept.authenticate,
        )

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        server.close()
        await server.wait_closed()
