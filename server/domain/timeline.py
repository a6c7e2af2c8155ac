"""The timeline of a room: everything that happened, numbered without gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.instants import rfc3339

EVENTS_LIMIT = 500


class EventType(StrEnum):
    """What may happen in a room (docs/protocol.md §4)."""

    ROOM_CREATED = "room.created"
    ROOM_CHANGED = "room.changed"
    ROOM_CLOSED = "room.closed"
    MEMBER_ADDED = "member.added"
    MEMBER_CHANGED = "member.changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_WAITING = "member.waiting"
    MEMBER_ADMITTED = "member.admitted"
    MEMBER_REFUSED = "member.refused"
    PRESENCE_JOINED = "presence.joined"
    PRESENCE_LEFT = "presence.left"
    CALL_JOINED = "call.joined"
    CALL_LEFT = "call.left"
    MESSAGE_POSTED = "message.posted"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_DELETED = "message.deleted"
    DOCUMENT_ADDED = "document.added"
    DOCUMENT_REMOVED = "document.removed"
    THREAD_SEATED = "thread.seated"
    THREAD_ACKNOWLEDGED = "thread.acknowledged"
    THREAD_ESCALATED = "thread.escalated"
    GUARD_REQUESTED = "guard.requested"
    GUARD_ALERTED = "guard.alerted"
    GUARD_DELIVERED = "guard.delivered"
    GUARD_SEEN = "guard.seen"
    GUARD_NO_COVER = "guard.no_cover"
    GUARD_EXHAUSTED = "guard.exhausted"
    GUARD_ACCEPTED = "guard.accepted"
    GUARD_RELEASED = "guard.released"
    GUARD_REFERRED = "guard.referred"
    GUARD_INFORMATION_ASKED = "guard.information_asked"
    GUARD_JUSTIFIED = "guard.justified"
    GUARD_EXAM_DONE = "guard.exam_done"
    GUARD_WORKING = "guard.working"
    GUARD_ACCEPTOR_LOST = "guard.acceptor_lost"
    GUARD_REPORT_OVERDUE = "guard.report_overdue"
    GUARD_REPORTED = "guard.reported"
    GUARD_CLOSED = "guard.closed"
    GUARD_CANCELLED = "guard.cancelled"
    GUARD_PHONE_TREE = "guard.phone_tree"
    GUARD_UNHEARD = "guard.unheard"
    GUARD_HANDOVER = "guard.handover"
    BOARD_CHANGED = "board.changed"
    BOARD_CASE_ADDED = "board.case_added"
    BOARD_CASE_CHANGED = "board.case_changed"
    BOARD_CASE_REMOVED = "board.case_removed"
    BOARD_CASE_OPENED = "board.case_opened"
    BOARD_CASE_CLOSED = "board.case_closed"
    BOARD_SHEET_CHANGED = "board.sheet_changed"
    BOARD_SIGNED = "board.signed"
    BOARD_REPRESENTED = "board.represented"
    STUDY_CREATED = "study.created"
    STUDY_ASSIGNED = "study.assigned"
    STUDY_REPORTED = "study.reported"
    STUDY_CONSENTED = "study.consented"
    STUDY_UNCONSENTED = "study.unconsented"
    STUDY_SHARED = "study.shared"
    STUDY_PULLED = "study.pulled"
    TELEVISIT_SCHEDULED = "televisit.scheduled"
    TELEVISIT_LINKED = "televisit.linked"
    TELEVISIT_WAITING = "televisit.waiting"
    TELEVISIT_IDENTIFIED = "televisit.identified"
    TELEVISIT_CONSENTED = "televisit.consented"
    TELEVISIT_REFUSED = "televisit.refused"
    TELEVISIT_BEGUN = "televisit.begun"
    TELEVISIT_CONCLUDED = "televisit.concluded"
    TELEVISIT_CLOSED = "televisit.closed"
    TELEVISIT_CANCELLED = "televisit.cancelled"
    TELEVISIT_NOT_ATTENDED = "televisit.not_attended"
    REPORT_STARTED = "report.started"
    REPORT_TAKEN_OVER = "report.taken_over"
    REPORT_SIGNED = "report.signed"
    REPORT_ADDENDED = "report.addended"
    REPORT_CRITICAL_ADDED = "report.critical_added"
    REPORT_READ_BACK = "report.read_back"
    CONSULTATION_DESCRIBED = "consultation.described"
    CONSULTATION_SUPPLEMENTED = "consultation.supplemented"
    CONSULTATION_BOOKED = "consultation.booked"
    CONSULTATION_RELEASED = "consultation.released"
    CONSULTATION_LAPSED = "consultation.lapsed"
    CONSULTATION_CONFIRMED = "consultation.confirmed"
    CONSULTATION_DECLINED = "consultation.declined"
    CONSULTATION_DOCTOR_INVITED = "consultation.doctor_invited"
    CONSULTATION_DOCTOR_DISMISSED = "consultation.doctor_dismissed"
    CONSULTATION_OPINION_SIGNED = "consultation.opinion_signed"
    CONSULTATION_CONCLUDED = "consultation.concluded"
    CONSULTATION_CANCELLED = "consultation.cancelled"

    PATHWAY_OPENED = "pathway.opened"
    PATHWAY_VISIT_BOOKED = "pathway.visit_booked"
    PATHWAY_VISIT_TAKEN = "pathway.visit_taken"
    PATHWAY_VISIT_DONE = "pathway.visit_done"
    PATHWAY_VISIT_MISSED = "pathway.visit_missed"
    PATHWAY_VISIT_OVERDUE = "pathway.visit_overdue"
    PATHWAY_HANDOVER_OFFERED = "pathway.handover_offered"
    PATHWAY_HANDOVER_ACKNOWLEDGED = "pathway.handover_acknowledged"
    PATHWAY_CLOSED = "pathway.closed"

    RECORDING_STARTED = "recording.started"
    RECORDING_ANSWERED = "recording.answered"
    RECORDING_STOPPED = "recording.stopped"
    RECORDING_READY = "recording.ready"
    RECORDING_REMOVED = "recording.removed"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose doing an event is, with the name of that moment."""

    id: str
    name: str

    def to_wire(self) -> dict[str, str]:
        """`{id, name}`."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered fact of a room; `seq` counts 1, 2, 3 …"""

    room: str
    seq: int
    id: str
    type: EventType
    at: datetime
    sender: Sender | None
    data: Mapping[str, Any]
    client_id: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """*Event* of docs/protocol.md §4."""
        wire = {
            "room": self.room,
            "seq": self.seq,
            "id": self.id,
            "type": self.type.value,
            "at": rfc3339(self.at),
            "sender": self.sender.to_wire() if self.sender else None,
            "data": dict(self.data),
        }
        return wire if self.client_id is None else wire | {"client_id": self.client_id}


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a person received and read; neither ever goes back."""

    person: str
    delivered: int = 0
    read: int = 0

    def advance(self, delivered: int | None, read: int | None, last_seq: int) -> Receipt:
        """Move forward, never back and never past the room's last event; read is delivered."""
        read_now = max(self.read, min(read or 0, last_seq))
        delivered_now = max(self.delivered, min(delivered or 0, last_seq), read_now)
        return Receipt(self.person, delivered_now, read_now)

    def to_wire(self) -> dict[str, int]:
        """`{delivered, read}`."""
        return {"delivered": self.delivered, "read": self.read}


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Events after some seq; `seq` is the room's last, `more` says the page is not the end."""

    events: tuple[Event, ...]
    seq: int
    receipts: tuple[Receipt, ...]

    @property
    def more(self) -> bool:
        """Whether later events exist."""
        return bool(self.events) and self.events[-1].seq < self.seq

    def to_wire(self) -> dict[str, Any]:
        """The answer to `GET rooms/{id}/events`."""
        return {
            "events": [event.to_wire() for event in self.events],
            "seq": self.seq,
            "more": self.more,
            "receipts": receipts_to_wire(self.receipts),
        }


def receipts_to_wire(receipts: Iterable[Receipt]) -> dict[str, dict[str, int]]:
    """`{person: {delivered, read}}` of those who received anything."""
    return {receipt.person: receipt.to_wire() for receipt in receipts if receipt.delivered}
