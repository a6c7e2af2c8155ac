"""Rooms and their members: every move, legal and not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.domain.access import ROLE_GRANTS, Grants, RoomRole
from server.domain.errors import Forbidden, Invalid, LimitExceeded
from server.domain.instants import rfc3339
from server.domain.memberships import (
    Access,
    AlreadyMember,
    MembershipState,
    NobodyLeft,
    NotWaiting,
    Waiting,
    active,
    require_moderator,
    require_space,
    waiting,
)
from server.domain.rooms import (
    Room,
    RoomChange,
    RoomClosed,
    RoomEncrypted,
    RoomKind,
    RoomLocked,
    RoomState,
)
from server.domain.texts import is_storable

NOW = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)


def room(**changes: object) -> Room:
    return replace(Room.create("r", "ada", NOW, title="Case"), **changes)  # type: ignore[arg-type]


def test_instants_are_utc_with_milliseconds() -> None:
    rome = timezone(timedelta(hours=1))
    assert rfc3339(NOW) == "2026-11-22T03:04:05.678Z"
    assert rfc3339(NOW.astimezone(rome)) == "2026-11-22T03:04:05.678Z"
    assert rfc3339(NOW.replace(microsecond=0)) == "2026-11-22T03:04:05.000Z"


def test_a_room_is_open_or_scheduled_until_closed() -> None:
    assert room().state is RoomState.OPEN
    assert room(scheduled_at=NOW).state is RoomState.SCHEDULED
    closed = room(scheduled_at=NOW).close(NOW)
    assert closed.state is RoomState.CLOSED
    assert closed.describe()["scheduled_at"] == "2026-11-22T03:04:05.678Z"
    for move in (
        closed.require_open,
        closed.require_unlocked,
        lambda: closed.close(NOW),
        lambda: closed.change(RoomChange(title="x")),
    ):
        with pytest.raises(RoomClosed):
            move()


def test_a_locked_room_lets_nobody_new_in() -> None:
    room().require_unlocked()
    with pytest.raises(RoomLocked):
        room().change(RoomChange(locked=True)).require_unlocked()


@pytest.mark.parametrize("title", ["", " \t", "x" * 201, "nul \0", "half \udc00"])
def test_titles_that_are_none(title: str) -> None:
    with pytest.raises(Invalid):
        room().change(RoomChange(title=title))


@pytest.mark.parametrize("minutes", [0, -1, 1441])
def test_durations_that_are_none(minutes: int) -> None:
    with pytest.raises(Invalid):
        room().change(RoomChange(duration_minutes=minutes))
    assert room().change(RoomChange(duration_minutes=1440)).duration_minutes == 1440


def test_a_change_leaves_the_rest() -> None:
    before = room(scheduled_at=NOW, lobby=False)
    after = before.change(RoomChange(title=" A \n B "))
    assert after == replace(before, title="A B")
    assert before.change(RoomChange(scheduled_at=None)).state is RoomState.OPEN


def test_what_databases_keep() -> None:
    assert is_storable("né à 日本 😀\n\t\x01")
    assert not is_storable("\0")
    assert not is_storable("\ud83d")


GUEST = waiting("r", "guest:1", " Gabi\nNeri ", RoomRole.GUEST, NOW)
HOST = active("r", "ada", "Ada", RoomRole.HOST, NOW)
MEMBER = active("r", "ben", "Ben", RoomRole.MEMBER, NOW)


def test_the_lobby_admits_and_refuses() -> None:
    assert GUEST.name == "Gabi Neri"
    assert GUEST.is_guest
    assert not HOST.is_guest
    assert GUEST.admit().state is MembershipState.ACTIVE
    refused = GUEST.refuse()
    assert refused.state is MembershipState.REFUSED
    assert refused.admit().state is MembershipState.ACTIVE
    for illegal in (
        refused.refuse,
        GUEST.admit().admit,
        GUEST.admit().refuse,
        GUEST.remove().admit,
        GUEST.remove().refuse,
    ):
        with pytest.raises(NotWaiting):
            illegal()


def test_a_removed_member_may_be_taken_back_with_receipts() -> None:
    removed = replace(MEMBER, delivered=5, read=4).remove()
    back = removed.restore("Benedetta", RoomRole.OBSERVER, NOW)
    assert (back.state, back.name, back.delivered, back.read) == (
        MembershipState.ACTIVE,
        "Benedetta",
        5,
        4,
    )
    assert back.grants == ROLE_GRANTS[RoomRole.OBSERVER]
    with pytest.raises(AlreadyMember):
        back.restore("Ben", RoomRole.MEMBER, NOW)


def test_a_role_brings_its_grants_unless_others_are_given() -> None:
    chat_only = Grants.of((), ("chat",))
    narrowed = MEMBER.change(None, chat_only)
    assert narrowed.change(RoomRole.MEMBER, None).grants == chat_only
    assert narrowed.change(RoomRole.HOST, None).grants == ROLE_GRANTS[RoomRole.HOST]
    assert MEMBER.change(RoomRole.OBSERVER, chat_only).grants == chat_only
    assert MEMBER.change(None, None) == MEMBER
    for demoted in ((RoomRole.HOST, chat_only), (None, chat_only)):
        with pytest.raises(Invalid):
            HOST.change(*demoted)


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "\0"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(Invalid):
        active("r", "ben", name, RoomRole.MEMBER, NOW)


def test_a_room_needs_a_moderator_and_has_limits() -> None:
    require_moderator([MEMBER, HOST])
    for members in ([MEMBER], [HOST.remove()], []):
        with pytest.raises(NobodyLeft):
            require_moderator(members)
    require_space(63)
    with pytest.raises(LimitExceeded):
        require_space(64)


def test_entrance() -> None:
    def access(member: object = MEMBER, **changes: object) -> Access:
        return Access(room(**changes), member, MEMBER.grants)  # type: ignore[arg-type]

    access().require_entrance()
    access(locked=True).require_entrance(is_present=True)
    access(HOST, locked=True).require_entrance()
    with pytest.raises(RoomLocked):
        access(locked=True).require_entrance()
    with pytest.raises(Waiting):
        access(GUEST).require_entrance(is_present=True)
    with pytest.raises(RoomClosed):
        access(HOST, closed_at=NOW).require_entrance(is_present=True)
    with pytest.raises(Forbidden):
        access(GUEST.refuse()).require_entrance(is_present=True)
    access().require_host_over(RoomRole.MEMBER)
    access(HOST).require_host_over(RoomRole.HOST)
    with pytest.raises(Forbidden):
        access().require_host_over(RoomRole.MEMBER, RoomRole.HOST)


def test_the_wire_shape_of_members() -> None:
    assert GUEST.describe() == {"person": "guest:1", "name": "Gabi Neri", "role": "guest"}
    assert GUEST.to_wire() == {
        **GUEST.describe(),
        "grants": ROLE_GRANTS[RoomRole.GUEST].to_wire(),
        "state": "waiting",
        "is_guest": True,
    }
    assert HOST.sender.to_wire() == {"id": "ada", "name": "Ada"}


def test_end_to_end_encryption_is_for_good_and_leaves_the_server_out() -> None:
    sealed = Room.create("r", "ada", NOW, title="Case", encrypted=True)
    assert sealed.change({"title": "Another"}).encrypted
    assert sealed.change({"recordable": False}).encrypted
    with pytest.raises(RoomEncrypted):
        sealed.change({"recordable": True})
    with pytest.raises(RoomEncrypted):
        sealed.require_unencrypted()
    room().require_unencrypted()


@pytest.mark.parametrize("kind", RoomKind)
def test_guard_and_board_rooms_are_not_encrypted_end_to_end(kind: RoomKind) -> None:
    def make() -> Room:
        return Room.create("r", "ada", NOW, title="Case", kind=kind, encrypted=True)

    if kind in (RoomKind.GUARD, RoomKind.BOARD):
        with pytest.raises(Invalid):
            make()
    else:
        assert make().encrypted
