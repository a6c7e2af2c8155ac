"""PACS of the network's hospitals, and pulls of studies from them by DICOMweb."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from server.domain.errors import Invalid
from server.domain.instants import rfc3339
from server.domain.texts import storable

NAME_LIMIT = 120
URL_LIMIT = 500
INSTANCES_LIMIT = 450
"""Instances of one pull: a room holds 500 documents."""
INSTANCE_BYTES_LIMIT = 512 * 1024 * 1024
PULL_BYTES_LIMIT = 4 * 1024**3
LEASE = timedelta(seconds=60)
"""A worker that does not renew it died; another goes on."""
ATTEMPTS = 3


class PullState(StrEnum):
    """Where a pull stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A hospital's DICOMweb service; the password is sealed."""

    id: str
    organisation: str
    name: str
    url: str
    username: str | None = None
    password: bytes | None = field(default=None, repr=False)

    def to_wire(self) -> dict[str, Any]:
        """As JSON, without the password."""
        return {
            "id": self.id,
            "organisation": self.organisation,
            "name": self.name,
            "url": self.url,
            "username": self.username,
        }


@dataclass(frozen=True, slots=True)
class RemoteStudy:
    """What a PACS says of a study (QIDO-RS, PS3.18 §10.6)."""

    uid: str
    patient_id: str
    birth_date: date | None
    description: str
    modalities: tuple[str, ...]
    study_date: str
    instances: int

    def to_wire(self) -> dict[str, Any]:
        """As JSON, without the patient."""
        return {
            "uid": self.uid,
            "description": self.description,
            "modalities": list(self.modalities),
            "study_date": self.study_date,
            "instances": self.instances,
        }


@dataclass(frozen=True, slots=True)
class Pull:
    """One study on its way from a PACS into a room."""

    id: str
    study: str
    endpoint: str
    study_uid: str
    by: str
    by_name: str
    created_at: datetime
    expected: int
    state: PullState = PullState.WAITING
    received: int = 0
    refused: int = 0
    failure: str | None = None
    attempts: int = 0
    leased_until: datetime | None = None

    def claim(self, now: datetime) -> Pull:
        """Take it for a while."""
        return replace(
            self,
            state=PullState.RUNNING,
            attempts=self.attempts + 1,
            leased_until=now + LEASE,
            received=0,
            refused=0,
        )

    def advance(self, received: int, refused: int, now: datetime) -> Pull:
        """So much arrived; keep the lease."""
        return replace(self, received=received, refused=refused, leased_until=now + LEASE)

    def finish(self) -> Pull:
        """Everything that was sent is here."""
        return replace(self, state=PullState.DONE, leased_until=None)

    def fail(self, failure: str, now: datetime, *, again: bool) -> Pull:
        """Give up, or try again a moment later."""
        if again and self.attempts < ATTEMPTS:
            later = now + timedelta(seconds=2 * self.attempts)
            return replace(self, state=PullState.RUNNING, leased_until=later)
        return replace(self, state=PullState.FAILED, failure=failure, leased_until=None)

    @property
    def missing(self) -> int:
        """Instances the PACS announced and did not send (hazard 9)."""
        return max(0, self.expected - self.received - self.refused)

    def to_wire(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "state": self.state.value,
            "expected": self.expected,
            "received": self.received,
            "refused": self.refused,
            "missing": self.missing if self.state is PullState.DONE else 0,
            "failure": self.failure,
            "created_at": rfc3339(self.created_at),
        }


def endpoint_name(name: str) -> str:
    """One line. Raises Invalid."""
    line = " ".join(name.split())
    if not 0 < len(line) <= NAME_LIMIT:
        raise Invalid("The name must have 1 to 120 characters.", path="name")
    return storable(line, "name")


def endpoint_url(url: str) -> str:
    """The root of a DICOMweb service, without the last slash. Raises Invalid."""
    try:
        parts = urlsplit(url.strip())
        is_plain = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_plain = is_plain and not (parts.username or parts.query or parts.fragment)
        is_plain = is_plain and parts.port != 0 and len(url) <= URL_LIMIT
    except ValueError:
        is_plain = False
    if not is_plain:
        raise Invalid("The address must be http(s)://HOST[:PORT]/PATH.", path="url")
    return storable(url.strip().rstrip("/"), "url")
