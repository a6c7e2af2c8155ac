"""What a password must be (NIST SP 800-63B-4 §3.1.1: length counts, composition rules do not)."""

from __future__ import annotations

from server.domain.errors import Invalid

SHORTEST = 12
LONGEST = 128


class PasswordTooWeak(Invalid):
    """Too short, too long or too plain."""

    message = f"Choose a password of {SHORTEST} to {LONGEST} characters that is not your e-mail."


def require_strong(password: str, email: str) -> None:
    """Raise PasswordTooWeak unless long enough, varied and not made of the e-mail."""
    folded = password.casefold()
    is_plain = len(set(folded)) < 5 or email.partition("@")[0] == folded or email == folded
    if not SHORTEST <= len(password) <= LONGEST or is_plain:
        raise PasswordTooWeak(path="password")
