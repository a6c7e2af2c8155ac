"""Televisits: a clinician and a patient, live; who and consent come before the call counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.errors import Conflict, Invalid
from server.domain.televisit_records import Consent, Identification, Verdict, words

MINUTES_LEAST, MINUTES_MOST = 5, 240
AHEAD = timedelta(days=88)
"""How far ahead a visit may lie: its links live 90 days at most."""
LATE = timedelta(minutes=15)
"""How long ago a visit may have begun when it is put into the agenda."""
LINK_AFTER = timedelta(hours=12)
"""How long after its end a visit's links still open the room: visits are late."""


class WrongStep(Conflict):
    """Not what comes next."""

    code = "televisit-moved"
    message = "The televisit has moved on: this is not possible now."


class IdentityMissing(Conflict):
    """Nobody begins with a stranger."""

    code = "identity-missing"
    message = "Check the patient's two identifiers first."


class ConsentMissing(Conflict):
    """Nobody begins without consent."""

    code = "consent-missing"
    message = "Record the consent to this televisit first."


class LinkQualityMissing(Conflict):
    """A televisit's report says how good the link was (Accordo 215/CSR 2020)."""

    code = "link-quality-missing"
    message = "Say how good the link was before signing the report."


class SuitabilityMissing(Conflict):
    """A televisit's report says whether the visit could be made at a distance."""

    code = "suitability-missing"
    message = "Say whether the remote visit was suitable before signing the report."


class TooEarly(Conflict):
    """Nobody is missing before the time has come."""

    code = "too-early"
    message = "The time of this televisit has not come yet."


class State(StrEnum):
    """Where a televisit stands."""

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    """The patient came by a link."""
    IDENTIFIED = "identified"
    """Identity and consent are recorded."""
    IN_PROGRESS = "in_progress"
    REPORT_PENDING = "report_pending"
    CLOSED = "closed"
    """The report is signed."""
    CANCELLED = "cancelled"
    NOT_ATTENDED = "not_attended"


ENDED = frozenset({State.CLOSED, State.CANCELLED, State.NOT_ATTENDED})
BEFORE_CALL = frozenset({State.SCHEDULED, State.WAITING, State.IDENTIFIED})
ARRIVED = frozenset({State.WAITING, State.IDENTIFIED})


_UNSAID = Verdict()


@dataclass(frozen=True, slots=True)
class Televisit:
    """One televisit of one patient with one clinician."""

    id: str
    room: str
    title: str
    clinician: str
    clinician_name: str
    patient: str
    reason: str
    starts_at: datetime
    minutes: int
    created_at: datetime
    state: State = State.SCHEDULED
    arrived_at: datetime | None = None
    identity: Identification | None = None
    consent: Consent | None = None
    started_at: datetime | None = None
    concluded_at: datetime | None = None
    ended_at: datetime | None = None
    verdict: Verdict = _UNSAID

    @property
    def ends_at(self) -> datetime:
        """When its time is over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def links_until(self) -> datetime:
        """When its links stop opening the room."""
        return self.ends_at + LINK_AFTER

    def arrive(self, now: datetime) -> Televisit:
        """Somebody came by a link: the first one counts, whatever comes later."""
        if self.state is not State.SCHEDULED:
            return self
        return replace(self, state=State.WAITING, arrived_at=now)

    def identify(self, by: str, now: datetime, *, document_seen: bool) -> Televisit:
        """The identifiers agree. Raises WrongStep."""
        self._require(*ARRIVED)
        return replace(self, identity=Identification(by, now, document_seen))._settled()

    def agree(self, consent: Consent) -> Televisit:
        """Record consent, or its refusal. Raises WrongStep, IdentityMissing."""
        self._require(*ARRIVED)
        if self.identity is None:
            raise IdentityMissing
        return replace(self, consent=consent)._settled()

    def begin(self, now: datetime) -> Televisit:
        """From now on it is a visit. Raises WrongStep, IdentityMissing, ConsentMissing."""
        self._require(*ARRIVED)
        if self.identity is None:
            raise IdentityMissing
        if self.consent is None or not self.consent.given:
            raise ConsentMissing
        return replace(self, state=State.IN_PROGRESS, started_at=now)

    def conclude(self, verdict: Verdict, now: datetime) -> Televisit:
        """End the visit; what was said of it may be completed until the report is signed.

        Raises WrongStep, Invalid.
        """
        self._require(State.IN_PROGRESS, State.REPORT_PENDING)
        at = self.concluded_at or now
        said = verdict.checked()
        measured = said.measured or self.verdict.measured
        said = replace(said, measured=measured)
        return replace(self, state=State.REPORT_PENDING, concluded_at=at, verdict=said)

    def require_reportable(self) -> None:
        """Raise WrongStep, LinkQualityMissing or SuitabilityMissing unless it may be signed."""
        self._require(State.REPORT_PENDING)
        if self.verdict.link_quality is None:
            raise LinkQualityMissing
        if self.verdict.suitable is None:
            raise SuitabilityMissing

    def close(self, now: datetime) -> Televisit:
        """The report is signed. Raises as `require_reportable`."""
        self.require_reportable()
        return replace(self, state=State.CLOSED, ended_at=now)

    def cancel(self, now: datetime) -> Televisit:
        """It does not take place. Raises WrongStep once it began."""
        self._require(*BEFORE_CALL)
        return replace(self, state=State.CANCELLED, ended_at=now)

    def miss(self, now: datetime) -> Televisit:
        """The patient did not come, or left again. Raises WrongStep, TooEarly."""
        self._require(*BEFORE_CALL)
        if now < self.starts_at:
            raise TooEarly
        return replace(self, state=State.NOT_ATTENDED, ended_at=now)

    def require_before_end(self) -> None:
        """Raise WrongStep once nobody may come any more."""
        self._require(*BEFORE_CALL, State.IN_PROGRESS)

    def _settled(self) -> Televisit:
        is_clear = self.identity is not None and self.consent is not None and self.consent.given
        return replace(self, state=State.IDENTIFIED if is_clear else State.WAITING)

    def _require(self, *states: State) -> None:
        if self.state not in states:
            raise WrongStep


def require_time(starts_at: datetime, minutes: int, now: datetime) -> None:
    """Raise Invalid for a time that is past or too far, or an odd duration."""
    if not now - LATE <= starts_at <= now + AHEAD:
        raise Invalid("A televisit lies ahead, by 88 days at most.", path="starts_at")
    if not MINUTES_LEAST <= minutes <= MINUTES_MOST:
        raise Invalid("A televisit lasts 5 to 240 minutes.", path="duration_minutes")


def reason_of(text: str) -> str:
    """Why the patient is seen. Raises Invalid when empty or too long."""
    reason = words(text, "reason")
    if not reason:
        raise Invalid("Say why the patient is seen.", path="reason")
    return reason
