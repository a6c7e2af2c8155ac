"""Limits on how often somebody may try."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Attempt(StrEnum):
    """What is limited; the value names the limit in its store."""

    LOGIN_BY_EMAIL = "login-by-email"
    LOGIN_BY_ADDRESS = "login-by-address"
    OTP_BY_EMAIL = "otp-by-email"
    OTP_BY_ADDRESS = "otp-by-address"
    REGISTER_BY_EMAIL = "register-by-email"
    REGISTER_BY_ADDRESS = "register-by-address"
    REFRESH_BY_ADDRESS = "refresh-by-address"
    PASSWORD_BY_USER = "password-by-user"
    INVITATION_BY_LINK = "invitation-by-link"
    INVITATION_BY_ADDRESS = "invitation-by-address"
    RESULT_BY_LINK = "result-by-link"
    RESULT_BY_ADDRESS = "result-by-address"
    CONTACT_CODE_BY_USER = "contact-code-by-user"
    CONTACT_CODE_BY_VALUE = "contact-code-by-value"
    CONTACT_TEST_BY_USER = "contact-test-by-user"


class RateLimits(Protocol):
    """Counts attempts in a sliding window, over every process."""

    async def hit(self, attempt: Attempt, key: str) -> None:
        """Count one. Raises RateLimited (`retry_after` seconds) above the limit."""

    async def forgive(self, attempt: Attempt, key: str) -> None:
        """Forget what was counted: the attempt succeeded."""
