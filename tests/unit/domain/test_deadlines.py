from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.domain.deadlines import BACKOFF_LONGEST, Deadline

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_a_failed_deadline_waits_longer_each_time_but_never_for_ever() -> None:
    deadline = Deadline("guard.escalate", "request", NOW)
    waits = []
    for _ in range(12):
        deadline = deadline.postpone(NOW)
        waits.append(deadline.due_at - NOW)
    assert waits[:5] == [timedelta(seconds=2 * 2**each) for each in range(5)]
    assert set(waits[5:]) == {BACKOFF_LONGEST}
    assert deadline.attempts == 12
