"""E-mail by SMTP (RFC 5321): each message on a connection of its own, within limits."""

from __future__ import annotations

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from aiosmtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
    send,
)

from server.adapters.setting_values import MailSecurity
from server.domain.webhooks import Outcome
from server.services.ports.contacts import Letter

TIMEOUT_S = 15.0
"""For all of one message."""
_TAKEN = 250


class SmtpCarrier:
    """Sends through one mail server."""

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        user: str | None = None,
        password: str | None = None,
        security: MailSecurity = MailSecurity.STARTTLS,
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._user = user
        self._password = password
        self._security = security

    async def carry(self, letter: Letter) -> Outcome:
        """Send, never raise: the server's reply code, or why there was none."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await send(
                    self._mail(letter),
                    sender=self._sender,
                    recipients=[letter.to],
                    hostname=self._host,
                    port=self._port,
                    username=self._user,
                    password=self._password,
                    use_tls=self._security is MailSecurity.TLS,
                    start_tls=self._security is MailSecurity.STARTTLS,
                    timeout=TIMEOUT_S,
                )
        except SMTPRecipientsRefused as error:
            return Outcome(error.recipients[0].code, "SMTPRecipientsRefused")
        except SMTPResponseException as error:
            return _refused(error)
        except (SMTPTimeoutError, TimeoutError):
            return Outcome(None, "timeout")
        except (SMTPException, OSError, ValueError) as error:
            return Outcome(None, type(error).__name__)
        return Outcome(_TAKEN)

    def _mail(self, letter: Letter) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address("Guardline", addr_spec=self._sender)
        mail["To"] = Address(addr_spec=letter.to)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(letter.at)
        mail["Message-ID"] = f"<{letter.id}@{self._sender.rpartition('@')[2]}>"
        mail["Content-Language"] = letter.locale
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no out-of-office answers
        if letter.is_urgent:
            mail["Importance"] = "high"
        mail.set_content(letter.text + "\n")
        return mail


def _refused(error: SMTPResponseException) -> Outcome:
    """A wrong password of ours is 5xx too, but says nothing about the recipient."""
    is_recipient = error.code in {550, 551, 552, 553, 554}  # RFC 5321 §4.2.2
    return Outcome(error.code if is_recipient else None, type(error).__name__)
