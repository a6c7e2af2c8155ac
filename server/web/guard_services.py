"""Guard services over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import Field

from server.domain.guard_results import Targets
from server.domain.guard_services import (
    LOCALS_LIMIT,
    MODALITY_LIMIT,
    NAME_LIMIT,
    PHONE_LIMIT,
    TEXT_LIMIT,
    Local,
    Step,
)
from server.services.guard_services import NewService, ServiceChange
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("guard")

Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
Modality = Annotated[str, Field(min_length=1, max_length=MODALITY_LIMIT)]
Phone = Annotated[str, Field(min_length=1, max_length=PHONE_LIMIT)]
Id = Annotated[str, Field(min_length=1, max_length=80)]


class StepBody(Strict):
    """A rota, a person, or what to tell the requester; and how long until the next step."""

    rota: Id | None = None
    person: Id | None = None
    text: Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)] | None = None
    delay_s: Annotated[int, Field(ge=5, le=3600)]


class LocalBody(Strict):
    """A trust's own rota, which comes first when that trust asks."""

    organisation: Id
    rota: Id
    delay_s: Annotated[int, Field(ge=5, le=3600)]


class TargetBody(Strict):
    """How soon to accept, and to hear a result."""

    accept_s: Annotated[int, Field(ge=5, le=86_400)]
    hear_minutes: Annotated[int, Field(ge=1, le=10_080)]


class TargetsBody(Strict):
    """One for each priority."""

    emergency: TargetBody = TargetBody(accept_s=120, hear_minutes=10)
    urgent: TargetBody = TargetBody(accept_s=300, hear_minutes=30)
    routine: TargetBody = TargetBody(accept_s=900, hear_minutes=240)

    def to_targets(self) -> Targets:
        """The domain's targets."""
        return Targets.from_wire(self.model_dump())


Steps = Annotated[list[StepBody], Field(min_length=1, max_length=5)]
Locals = Annotated[list[LocalBody], Field(max_length=LOCALS_LIMIT)]
Repeats = Annotated[int, Field(ge=0, le=5)]
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
    repeats: Repeats = 0
    local: Locals = Field(default_factory=list)
    targets: TargetsBody = TargetsBody()

    def to_command(self) -> NewService:
        """The use case's command."""
        plain = self.model_dump(exclude={"steps", "local", "targets"})
        return NewService(
            **plain,
            steps=_steps(self.steps),
            local=_locals(self.local),
            targets=self.targets.to_targets(),
        )


class ChangeServiceBody(Strict):
    """What is to change; what is absent stays. `version` is the one that was looked at."""

    version: int | None = None
    name: Name | None = None
    modality: Modality | None = None
    phone: Phone | None = None
    zone: Annotated[str, Field(max_length=64)] | None = None
    steps: Steps | None = None
    join_s: JoinSeconds | None = None
    report_minutes: ReportMinutes | None = None
    repeats: Repeats | None = None
    local: Locals | None = None
    targets: TargetsBody | None = None

    def to_change(self) -> ServiceChange:
        """Only what was sent."""
        change = self.model_dump(
            exclude={"version", "steps", "local", "targets"}, exclude_none=True
        )
        if self.local is not None:
            change["local"] = _locals(self.local)
        if self.targets is not None:
            change["targets"] = self.targets.to_targets()
        if self.steps is not None:
            change["steps"] = _steps(self.steps)
        return cast(ServiceChange, change)


class OnCallView(View):
    """Who would be alerted now."""

    person: str
    name: str


class StepView(View):
    """Whom it alerts and how long they have."""

    rota: str | None
    rota_name: str
    person: str | None
    person_name: str | None
    text: str | None
    delay_s: int
    on_call: OnCallView | None


class LocalView(View):
    """Who comes first when this trust asks."""

    organisation: str
    rota: str
    rota_name: str
    delay_s: int
    on_call: OnCallView | None


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
    repeats: int
    local: list[LocalView]
    targets: TargetsBody
    on_call: OnCallView | None
    no_cover: bool
    version: int

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
    body = call.body
    changed = await services.change(call.actor, call.path["id"], body.to_change(), body.version)
    return Answer(200, ServiceView.of(changed))


@routes.delete("/api/v1/guard/services/{id}", answers={204: None}, administrator=True)
async def retire(call: Call[Nothing, Nothing]) -> Answer:
    """Retire a guard service without open requests; what it answered stays."""
    await call.services.care.guard.services.retire(call.actor, call.path["id"])
    return Answer(204)


def _steps(bodies: list[StepBody]) -> tuple[Step, ...]:
    return tuple(Step(body.rota, body.delay_s, body.person, body.text) for body in bodies)


def _locals(bodies: list[LocalBody]) -> tuple[Local, ...]:
    return tuple(Local(body.organisation, body.rota, body.delay_s) for body in bodies)
