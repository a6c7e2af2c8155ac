"""Time-based one-time passwords (RFC 6238), each good once, and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

import pyotp

from server.domain.errors import Unauthenticated

STEP_S = 30
DRIFT_STEPS = 1  # RFC 6238 §5.2: one step of delay, and one of a fast clock
OTP_DIGITS = 6
RECOVERY_CODES = 8
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing to mistake when written by hand


class OtpRequired(Unauthenticated):
    """The password is right; a second factor is needed."""

    code = "otp-required"
    message = "Enter the code of your authenticator."


class OtpInvalid(Unauthenticated):
    """Wrong, or already used."""

    code = "otp-invalid"
    message = "This code is wrong or was already used."


def secret_from(random: str) -> str:
    """A base32 secret of 160 bits (RFC 4226 §4 R6) from a fresh random string."""
    return base64.b32encode(hashlib.sha256(random.encode()).digest()[:20]).decode()


def enrolment_uri(secret: str, email: str, issuer: str) -> str:
    """The `otpauth://` URI that authenticators scan."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def accepted_step(secret: str, code: str, now: datetime, last_step: int | None) -> int:
    """The time step that the code belongs to, newer than the last one accepted.

    Raises OtpInvalid when wrong or already used (RFC 6238 §5.2).
    """
    current = int(now.timestamp()) // STEP_S
    generator = pyotp.TOTP(secret)
    given = normalise(code).encode()
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        is_right = hmac.compare_digest(generator.generate_otp(step).encode(), given)
        if is_right and (last_step is None or step > last_step):
            return step
    raise OtpInvalid


def recovery_code(random: str) -> str:
    """A code such as `abcd-efgh-jkmn-pqrs` (79 bits) from a fresh random string."""
    digits = hashlib.sha256(random.encode()).digest()[:16]
    letters = "".join(_ALPHABET[digit % len(_ALPHABET)] for digit in digits)
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def recovery_digest(user: str, code: str) -> str:
    """What is kept of a recovery code: random enough for a plain hash."""
    return hashlib.sha256(f"{user}:{normalise(code)}".encode()).hexdigest()


def normalise(code: str) -> str:
    """Forgive spaces, dashes and capitals."""
    return "".join(letter for letter in code.lower() if letter.isalnum())
