"""Any order of moves keeps a room runnable, its lobby honest and its end final."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.domain.access import RoomRole
from server.domain.errors import DomainError
from server.domain.memberships import (
    Access,
    Membership,
    MembershipState,
    active,
    require_moderator,
    waiting,
)
from server.domain.rooms import Room, RoomChange, RoomClosed, RoomLocked

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PEOPLE = st.sampled_from(["ada", "ben", "cleo", "guest:1", "guest:2"])
ROLES = st.sampled_from(RoomRole)


class RoomMachine(RuleBasedStateMachine):
    """Plays a room by the rules that the use cases apply, and remembers who was let in."""

    @initialize()
    def create(self) -> None:
        self.room = Room.create("r", "ada", NOW, title="Case")
        host = active("r", "ada", "Ada", RoomRole.HOST, NOW)
        self.members: dict[str, Membership] = {"ada": host}
        self.let_in = {"ada"}
        self.was_closed = False

    @rule(person=PEOPLE, role=ROLES)
    def add(self, person: str, role: RoomRole) -> None:
        if self.room.closed_at is not None:
            return
        former = self.members.get(person)
        try:
            self.members[person] = (
                former.restore(person, role, NOW)
                if former
                else active("r", person, person, role, NOW)
            )
        except DomainError:
            assert former is not None
            assert former.state is MembershipState.ACTIVE
        self.let_in.add(person)

    @rule(person=PEOPLE)
    def knock(self, person: str) -> None:
        try:
            self.room.require_unlocked()
        except (RoomLocked, RoomClosed):
            assert self.room.locked or self.was_closed
            return
        if person not in self.members:
            self.members[person] = waiting("r", person, person, RoomRole.GUEST, NOW)

    @rule(person=PEOPLE, is_admitted=st.booleans())
    def answer(self, person: str, is_admitted: bool) -> None:
        former = self.members.get(person)
        if former is None:
            return
        try:
            self.members[person] = former.admit() if is_admitted else former.refuse()
        except DomainError:
            refusable = {MembershipState.WAITING}
            legal = refusable | {MembershipState.REFUSED} if is_admitted else refusable
            assert former.state not in legal
            return
        if is_admitted:
            self.let_in.add(person)

    @rule(person=PEOPLE, role=ROLES)
    def change(self, person: str, role: RoomRole) -> None:
        former = self.members.get(person)
        if former is not None and former.state is not MembershipState.REMOVED:
            self._replace(person, former.change(role, None))

    @rule(person=PEOPLE)
    def remove(self, person: str) -> None:
        former = self.members.get(person)
        if former is not None and self._replace(person, former.remove()):
            self.let_in.discard(person)

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        try:
            self.room = self.room.change(RoomChange(locked=locked))
        except RoomClosed:
            assert self.was_closed

    @rule(is_meant=st.sampled_from([False, False, False, True]))
    def close(self, is_meant: bool) -> None:
        if not is_meant:
            return
        try:
            self.room = self.room.close(NOW)
            assert not self.was_closed
        except RoomClosed:
            assert self.was_closed
        self.was_closed = True

    def _replace(self, person: str, member: Membership) -> bool:
        after = self.members | {person: member}
        if self.members[person].is_moderator:
            try:
                require_moderator(after.values())
            except DomainError:
                return False
        self.members = after
        return True

    @invariant()
    def somebody_runs_the_room(self) -> None:
        require_moderator(self.members.values())

    @invariant()
    def only_who_was_let_in_is_in(self) -> None:
        inside = {p for p, m in self.members.items() if m.state is MembershipState.ACTIVE}
        assert inside == self.let_in

    @invariant()
    def doors_follow_state(self) -> None:
        for member in self.members.values():
            access = Access(self.room, member, member.grants)
            try:
                access.require_entrance()
            except DomainError:
                assert (
                    self.was_closed
                    or member.state is not MembershipState.ACTIVE
                    or (self.room.locked and not member.is_moderator)
                )
            else:
                assert not self.was_closed
                assert member.state is MembershipState.ACTIVE
                assert member.is_moderator or not self.room.locked

    @invariant()
    def the_end_is_final(self) -> None:
        assert (self.room.closed_at is not None) == self.was_closed


TestRoomMachine = RoomMachine.TestCase
TestRoomMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
