"""Guard services over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field

from server.domain.guard_services import MODALITY_LIMIT, NAME_LIMIT, PHONE_LIMIT, Step
from server.services.guard_services import NewService, ServiceChange
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")

Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
Modality = Annotated[str, Field(min_length=1, max_length=MODALITY_LIMIT)]
Phone = Annotated[str, Field(min_length=1, max_length=PHONE_LIMIT)]
Id = Annotated[str, Field(min_length=1, max_length=80)]


class StepBody(Strict):
    """A rota and how long it has to accept."""

    rota: Id
    delay_s: Annotated[int, Field(ge=5, le=3600)]


Steps = Annotated[list[StepBody], Field(min_length=1, max_length=5)]
JoinSeconds = Annotated[int, Field(ge=30, le=3600)]
ReportMinutes = Annotated[int, Field(ge=5, le=1440)]


class NewServiceBody(Strict):
    """What a service is to be."""

    organisation: Id
    name: Name
    modality: Modality
    phone: Phone
    zone: Annotated[str, Field(max_length=64)] = "Europe/Rome"
    steps: Steps
    join_s: JoinSeconds = 180
    report_minutes: ReportMinutes = 60

    def to_command(self) -> NewService:
        """The use case's command."""
        plain = self.model_dump(exclude={"steps"})
        return NewService(**plain, steps=_steps(self.steps))


class ChangeServiceBody(Strict):
    """What is to change; what is absent stays."""

    name: Name | None = None
    modality: Modality | None = None
    phone: Phone | None = None
    zone: Annotated[str, Field(max_length=64)] | None = None
    steps: Steps | None = None
    join_s: JoinSeconds | None = None
    report_minutes: ReportMinutes | None = None

    def to_change(self) -> ServiceChange:
        """Only what was sent."""
        change = self.model_dump(exclude={"steps"}, exclude_none=True)
        if self.steps is not None:
            change["steps"] = _steps(self.steps)
        return cast(ServiceChange, change)


class StepView(View):
    """A rota and how long it has."""

    rota: str
    rota_name: str
    delay_s: int


class OnCallView(View):
    """Who would be alerted first now."""

    person: str
    name: str


class ServiceView(View):
    """*Service* of docs/protocol.md."""

    id: str
    name: str
    organisation: str
    modality: str
    phone: str
    zone: str
    steps: list[StepView]
    join_s: int
    report_minutes: int
    on_call: OnCallView | None
    no_cover: bool

    @classmethod
    def of(cls, wire: dict[str, Any]) -> ServiceView:
        """The view of a service."""
        return cls.model_validate(wire)


class ServicesView(View):
    """Every service, by name."""

    items: list[ServiceView]


@routes.get("/api/v1/guard/services", answers={200: ServicesView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """Every guard service, and who answers now."""
    found = await call.services.care.guard.services.all(call.actor)
    return Answer(200, ServicesView(items=[ServiceView.of(one) for one in found]))


@routes.post(
    "/api/v1/guard/services",
    body=NewServiceBody,
    answers={201: ServiceView},
    creates=True,
    administrator=True,
)
async def create(call: Call[NewServiceBody, Nothing]) -> Answer:
    """Set up a guard service."""
    services = call.services.care.guard.services
    return Answer(201, ServiceView.of(await services.create(call.actor, call.body.to_command())))


@routes.patch(
    "/api/v1/guard/services/{id}",
    body=ChangeServiceBody,
    answers={200: ServiceView},
    administrator=True,
)
async def change(call: Call[ChangeServiceBody, Nothing]) -> Answer:
    """Change a guard service."""
    services = call.services.care.guard.services
    changed = await services.change(call.actor, call.path["id"], call.body.to_change())
    return Answer(200, ServiceView.of(changed))


def _steps(bodies: list[StepBody]) -> tuple[Step, ...]:
    return tuple(Step(body.rota, body.delay_s) for body in bodies)
