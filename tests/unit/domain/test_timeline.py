"""Events, receipts, messages, snapshots, invitations: their rules and wire shapes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.access import ROLE_GRANTS, RoomRole
from server.domain.chat import Message, MessageDeleted, client_id_of, text_of
from server.domain.errors import Forbidden, Invalid, LimitExceeded
from server.domain.invitations import Invitation, LinkInvalid, digest
from server.domain.memberships import Access, active
from server.domain.rooms import Room
from server.domain.snapshots import Overview, Snapshot
from server.domain.timeline import Event, EventsPage, EventType, Receipt, Sender

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
ADA = Sender("ada", "Ada")
MESSAGE = Message("r", 4, "m", "c", NOW, ADA, "text", urgent=False)


def event(seq: int, **changes: object) -> Event:
    made = Event("r", seq, f"e{seq}", EventType.ROOM_CLOSED, NOW, None, {})
    return replace(made, **changes)  # type: ignore[arg-type]


def test_an_event_on_the_wire() -> None:
    assert event(1).to_wire() == {
        "room": "r",
        "seq": 1,
        "id": "e1",
        "type": "room.closed",
        "at": "2026-11-22T03:04:05.000Z",
        "sender": None,
        "data": {},
    }
    sent = event(2, sender=ADA, client_id="c").to_wire()
    assert (sent["sender"], sent["client_id"]) == ({"id": "ada", "name": "Ada"}, "c")


def test_a_page_knows_whether_more_follows() -> None:
    receipts = (Receipt("ada", 2, 1), Receipt("ben"))
    page = EventsPage((event(1), event(2)), 3, receipts)
    assert page.more
    assert page.to_wire()["receipts"] == {"ada": {"delivered": 2, "read": 1}}
    assert not EventsPage((event(3),), 3, ()).more
    assert not EventsPage((), 3, ()).more


@given(
    last=st.integers(0, 50),
    steps=st.lists(st.tuples(*[st.none() | st.integers(-5, 60)] * 2), max_size=20),
)
def test_receipts_only_grow_and_stay_in_the_room(
    last: int, steps: list[tuple[int | None, int | None]]
) -> None:
    receipt = Receipt("ada")
    for delivered, read in steps:
        after = receipt.advance(delivered, read, last)
        assert receipt.read <= after.read <= after.delivered <= last
        assert after.delivered >= receipt.delivered
        assert after.advance(delivered, read, last) == after
        if delivered is not None:
            assert after.delivered >= min(delivered, last)
        if read is not None:
            assert after.read >= min(read, last)
        receipt = after


def test_messages_are_edited_and_deleted_by_their_author() -> None:
    edited = MESSAGE.edit("ada", "other")
    assert (edited.text, edited.edited) == ("other", True)
    with pytest.raises(Forbidden):
        MESSAGE.edit("ben", "other")
    deleted = MESSAGE.delete("ada", may_moderate=False)
    assert (deleted.text, deleted.deleted) == ("", True)
    assert MESSAGE.delete("ben", may_moderate=True) == deleted
    with pytest.raises(Forbidden):
        MESSAGE.delete("ben", may_moderate=False)
    with pytest.raises(MessageDeleted):
        deleted.edit("ada", "again")
    with pytest.raises(MessageDeleted):
        deleted.delete("ada", may_moderate=False)


def test_what_may_be_said() -> None:
    assert text_of(" CT \n ready ") == "CT \n ready"
    assert text_of("x" * 8000)
    with pytest.raises(LimitExceeded):
        text_of("x" * 8001)
    for bad in ("", " ", "a\0b"):
        with pytest.raises(Invalid):
            text_of(bad)
    assert client_id_of("x" * 64)
    for bad in ("", "x" * 65, "\0"):
        with pytest.raises(Invalid):
            client_id_of(bad)


def test_a_snapshot_on_the_wire() -> None:
    room = replace(Room.create("r", "ada", NOW, title="Case"), last_seq=9)
    host = active("r", "ada", "Ada", RoomRole.HOST, NOW)
    narrowed = ROLE_GRANTS[RoomRole.GUEST]
    overview = Overview(Access(room, host, narrowed), 1, 2, 3)
    snapshot = Snapshot(overview, [host], [], [], [MESSAGE], [Receipt("ada", 1, 0)])
    wire = snapshot.to_wire()
    assert wire["room"] == {
        "id": "r",
        "title": "Case",
        "kind": "consult",
        "state": "open",
        "scheduled_at": None,
        "duration_minutes": None,
        "lobby": True,
        "locked": False,
        "recordable": False,
        "encrypted": False,
        "created_at": "2026-11-22T03:04:05.000Z",
        "created_by": "ada",
        "seq": 9,
        "my_role": "host",
        "my_grants": narrowed.to_wire(),
        "members_count": 1,
        "people_present": 2,
        "unread": 3,
    }
    assert wire["me"] == {"person": "ada", "role": "host", "grants": narrowed.to_wire()}
    assert wire["members"] == [host.to_wire()]
    assert wire["messages"] == [
        {
            "seq": 4,
            "id": "m",
            "client_id": "c",
            "at": "2026-11-22T03:04:05.000Z",
            "sender": {"id": "ada", "name": "Ada"},
            "text": "text",
            "urgent": False,
            "edited": False,
            "deleted": False,
        }
    ]
    assert (wire["peers"], wire["documents"], wire["seq"]) == ([], [], 9)
    assert wire["receipts"] == {"ada": {"delivered": 1, "read": 0}}
    assert wire["recording"] is None


def invitation(**changes: object) -> Invitation:
    options = {
        "name": "Gabi",
        "role": RoomRole.GUEST,
        "expires_in": timedelta(hours=1),
        "lobby": None,
    }
    return Invitation.create("i", "r", "code", "ada", NOW, **(options | changes))  # type: ignore[arg-type]


def test_an_invitation_is_used_once_in_time() -> None:
    made = invitation()
    assert (made.person, made.code_digest) == ("guest:i", digest("code"))
    with pytest.raises(LinkInvalid):
        made.require_used(NOW)
    used = made.redeem("secret", NOW)
    assert used.resume_digest == digest("secret")
    used.require_used(NOW)
    revoked = used.revoke(NOW)
    assert revoked.revoke(NOW + timedelta(hours=1)) == revoked
    late = NOW + timedelta(hours=1)
    for illegal in (
        lambda: used.redeem("other", NOW),
        lambda: made.redeem("secret", late),
        lambda: made.revoke(NOW).redeem("secret", NOW),
        lambda: used.require_used(late),
        lambda: revoked.require_used(NOW),
    ):
        with pytest.raises(LinkInvalid):
            illegal()


@pytest.mark.parametrize(
    "change",
    [
        {"role": RoomRole.HOST},
        {"expires_in": timedelta(0)},
        {"expires_in": timedelta(days=90, seconds=1)},
        {"name": ""},
    ],
)
def test_invitations_that_are_none(change: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        invitation(**change)
