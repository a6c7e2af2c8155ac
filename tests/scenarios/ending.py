"""How every story must end: nothing rings for what is over, nothing open is forgotten."""

from __future__ import annotations

from sqlalchemy import select

from server.adapters.database.deadlines import deadlines
from server.adapters.database.guard_notifications import guard_notifications
from server.adapters.database.guard_requests import guard_requests
from server.adapters.database.outbox import outbox
from server.domain.guard import HELD, OPEN, State
from server.services.guard_alerts import AGAIN, ESCALATE, REPORT
from tests.scenarios.night import Night


async def ends_well(night: Night) -> None:
    """Let what is under way arrive, then look at everything."""
    await night.passes(seconds=4)
    for server in night.servers:
        assert not server.failures
    async with night.server.database.reading() as uow:
        rows = (await uow.connection.execute(select(guard_requests))).all()
        due = (await uow.connection.execute(select(deadlines))).all()
        sent = (await uow.connection.execute(select(guard_notifications))).all()
        unsent = (await uow.connection.execute(select(outbox))).all()
    watched = {(row.kind, row.subject) for row in due}
    assert not unsent, "every notice left"
    ringing = {case for page in night.pages for case in page.ringing}
    open_now = {row.id for row in rows if State(row.state) in OPEN}
    for row in sent:
        if row.outcome is None and row.request in open_now:
            assert (AGAIN, row.person) in watched, "who has not answered is rung again"
    for row in rows:
        state = State(row.state)
        if state in OPEN:
            assert (ESCALATE, row.id) in watched, "who is not answered is not forgotten"
        else:
            assert (ESCALATE, row.id) not in watched
            assert row.referred_to or row.id not in ringing, "it rings for what is over"
        if state in HELD and state is not State.REPORT_PENDING:
            assert (REPORT, row.id) in watched, "who accepted owes a report"
