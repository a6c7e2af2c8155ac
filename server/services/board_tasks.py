"""What boards ask of people: to join, to sign, to present again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.domain.accounts import User
from server.domain.boards import Board
from server.domain.tasks import Task, Urgency
from server.services.ports.unit_of_work import UnitOfWork

SOON = timedelta(hours=24)
NEAR = timedelta(minutes=15)
_LIMIT = 20


async def tasks(uow: UnitOfWork, user: User, now: datetime) -> Sequence[Task]:
    """The caller's meetings of the day, and the cases that wait for the coordinator."""
    coming = await uow.boards.of_person(user.id, since=now, until=None, limit=_LIMIT)
    joins = [_join(board, now) for board in coming if board.starts_at <= now + SOON]
    waiting = await uow.boards.unfinished(user.id)
    to_sign = {board.id: board for board, case in waiting if case.is_signable}
    to_return = {board.id: board for board, case in waiting if case.must_return}
    signs = [_finish("boards.sign", board) for board in to_sign.values()]
    returns = [_finish("boards.represent", board) for board in to_return.values()]
    return [*joins, *signs, *returns]


def _join(board: Board, now: datetime) -> Task:
    urgency = Urgency.NOW if board.starts_at <= now + NEAR else Urgency.TODAY
    place = f"/rooms/{board.room}" if urgency is Urgency.NOW else f"/boards/{board.id}"
    return Task("boards.join", board.id, board.title, urgency, place, board.starts_at)


def _finish(kind: str, board: Board) -> Task:
    return Task(kind, board.id, board.title, Urgency.TODAY, f"/boards/{board.id}")
