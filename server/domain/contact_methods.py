"""Contact methods: ways to a person besides a browser, each proved by a code that arrived there."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from server.domain.errors import Conflict, Invalid

METHODS_LIMIT = 6
"""Methods of one person."""
VALUE_LIMIT = 254
DELAY_LIMIT_S = 600
PROMPT_S = 60
"""A method that waits longer does not make anybody ready: the next step rings before."""
PROVED = timedelta(hours=12)
"""What was taken within a shift's length is proved this shift."""

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
"""ITU-T E.164 §6: a country code and at most 15 digits in all."""
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9]([a-z0-9-]*[a-z0-9])?"
    r"(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+",
    re.ASCII,
)
"""What HTML takes as an address: it is never more than one when written in a header."""


class Kind(StrEnum):
    """How a method works."""

    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"


BY_GATEWAY = frozenset({Kind.SMS, Kind.VOICE})


class ContactMethodExists(Conflict):
    """The same address twice would ring twice."""

    code = "contact-method-exists"
    message = "You have this contact already."


class ContactMethodUnproved(Conflict):
    """Nothing but a code goes where nobody has answered yet."""

    code = "contact-method-unproved"
    message = "Prove this contact with a code first."


class ContactKindUnavailable(Conflict):
    """This server has no mail server, or no gateway."""

    code = "contact-kind-unavailable"
    message = "This server cannot send messages of this kind."


class ContactCodeInvalid(Conflict):
    """Not the code that was sent; a few more tries."""

    code = "contact-code-invalid"
    message = "This is not the code that was sent."


class ContactCodeOver(Conflict):
    """No code is waiting: none was sent, it is too old, or it was tried too often."""

    code = "contact-code-over"
    message = "This code is no longer good: let a new one be sent."


@dataclass(frozen=True, slots=True)
class ContactMethod:
    """Where somebody is told, how long after an alert, and how well it worked last."""

    id: str
    person: str
    kind: Kind
    value: str
    after_s: int
    created_at: datetime
    is_enabled: bool = True
    proved_at: datetime | None = None
    used_at: datetime | None = None
    """When a mail server or the gateway last took something for it."""
    error: str | None = None
    """Why the last message did not arrive; a success forgets it."""
    code_digest: str | None = None
    code_until: datetime | None = None
    code_tries: int = 0

    @classmethod
    def create(
        cls, method_id: str, person: str, kind: Kind, value: str, after_s: int, now: datetime
    ) -> ContactMethod:
        """Raises Invalid on what is no address or number, or a wait out of range."""
        return cls(method_id, person, kind, value_of(kind, value), delay_of(after_s), now)

    @property
    def is_used(self) -> bool:
        """Whether alerts go there."""
        return self.is_enabled and self.proved_at is not None

    def is_ready(self, now: datetime) -> bool:
        """Whether somebody is reached there soon: used, proved this shift, not failing since."""
        is_proved = self.used_at is not None and now - self.used_at < PROVED
        return self.is_used and is_proved and self.error is None and self.after_s <= PROMPT_S

    def issue(self, code: str, now: datetime) -> ContactMethod:
        """Wait for a code; only its digest is kept."""
        digest = code_digest(self.id, code)
        return replace(self, code_digest=digest, code_until=now + CODE_LIFE, code_tries=0)

    def attempt(self, code: str, now: datetime) -> ContactMethod:
        """Proved by the right code; a wrong one is counted. Raises ContactCodeOver."""
        is_over = self.code_until is None or now >= self.code_until
        if self.code_digest is None or is_over or self.code_tries >= CODE_TRIES:
            raise ContactCodeOver
        given = code_digest(self.id, "".join(code.split()))
        if not hmac.compare_digest(given, self.code_digest):
            return replace(self, code_tries=self.code_tries + 1)
        return replace(
            self,
            proved_at=now,
            used_at=now,
            error=None,
            code_digest=None,
            code_until=None,
            code_tries=0,
        )

    def change(self, after_s: int | None, enabled: bool | None) -> ContactMethod:
        """Another wait, or switched on or off. Raises Invalid."""
        return replace(
            self,
            after_s=self.after_s if after_s is None else delay_of(after_s),
            is_enabled=self.is_enabled if enabled is None else enabled,
        )

    def require_proved(self) -> None:
        """Raise ContactMethodUnproved."""
        if self.proved_at is None:
            raise ContactMethodUnproved

    def to_wire(self, now: datetime) -> dict[str, Any]:
        """*ContactMethod* of docs/protocol.md."""
        waits = self.code_until is not None and now < self.code_until
        return {
            "id": self.id,
            "kind": self.kind.value,
            "value": self.value,
            "after_s": self.after_s,
            "enabled": self.is_enabled,
            "ready": self.is_ready(now),
            "proved_at": self.proved_at,
            "used_at": self.used_at,
            "error": self.error,
            "code_until": self.code_until if waits else None,
        }


def value_of(kind: Kind, value: str) -> str:
    """One spelling of an address or number. Raises Invalid."""
    if kind is Kind.EMAIL:
        address = value.strip().lower()
        if len(address) > VALUE_LIMIT or not _EMAIL.fullmatch(address):
            raise Invalid("This is not an e-mail address.", path="value")
        return address
    number = re.sub(r"[\s().\-/]", "", value)
    if not _E164.fullmatch(number):
        raise Invalid("A number begins with + and its country code.", path="value")
    return number


def delay_of(after_s: int) -> int:
    """Seconds after an alert. Raises Invalid."""
    if not 0 <= after_s <= DELAY_LIMIT_S:
        raise Invalid("A contact is used at once, or within 10 minutes.", path="after_s")
    return after_s


def code_from(random: str) -> str:
    """Six digits from a fresh random string."""
    number = int.from_bytes(sha256(random.encode()).digest()[:16], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def code_digest(method: str, code: str) -> str:
    """What is kept of a code: it lives for minutes and few tries, so a plain hash will do."""
    return sha256(f"{method}:{code}".encode()).hexdigest()
