"""What waits for the caller."""

from __future__ import annotations

from server.domain.tasks import Urgency
from server.web.models import Instant, Nothing, View
from server.web.routing import Answer, Call, Routes

routes = Routes("tasks")


class TaskView(View):
    """*Task* of docs/protocol.md."""

    kind: str
    subject: str
    title: str
    urgency: Urgency
    place: str
    due_at: Instant | None


class TasksView(View):
    """The most urgent first."""

    items: list[TaskView]


@routes.get("/api/v1/me/tasks", answers={200: TasksView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """What waits for me."""
    tasks = await call.services.care.tasks.of(call.actor)
    items = [TaskView.model_validate(task.to_wire()) for task in tasks]
    return Answer(200, TasksView(items=items))
