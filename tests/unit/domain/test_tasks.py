from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.domain.tasks import TASKS_LIMIT, Task, Urgency, in_order

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def task(subject: str, urgency: Urgency, due_in: int | None = None) -> Task:
    due_at = None if due_in is None else NOW + timedelta(minutes=due_in)
    return Task("guard.accept", subject, "CT", urgency, "/guard", due_at)


def test_the_most_urgent_comes_first_then_what_is_due_first() -> None:
    tasks = [
        task("later", Urgency.LATER, 1),
        task("today", Urgency.TODAY),
        task("now, some time", Urgency.NOW),
        task("now, in five", Urgency.NOW, 5),
        task("now, in two", Urgency.NOW, 2),
    ]
    ordered = [each.subject for each in in_order(tasks)]
    assert ordered == ["now, in two", "now, in five", "now, some time", "today", "later"]


def test_nobody_reads_a_list_without_end() -> None:
    many = [task(str(each), Urgency.LATER) for each in range(TASKS_LIMIT + 1)]
    assert len(in_order(many)) == TASKS_LIMIT


def test_on_the_wire() -> None:
    assert task("x", Urgency.NOW, 0).to_wire() == {
        "kind": "guard.accept",
        "subject": "x",
        "title": "CT",
        "urgency": "now",
        "place": "/guard",
        "due_at": "2026-11-22T08:00:00.000Z",
    }
    assert task("x", Urgency.NOW).to_wire()["due_at"] is None
