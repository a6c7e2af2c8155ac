"""Templates of follow-up over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.pathway_templates import (
    NAME_LIMIT,
    SPECIALTY_LIMIT,
    STEPS_LIMIT,
    Mode,
    Performer,
    Step,
    Template,
)
from server.domain.windows import MARGIN_LIMIT_DAYS, ZONE, Offset, Unit
from server.services.pathway_templates import WriteTemplate
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("pathways")

Margin = Annotated[int, Field(ge=0, le=MARGIN_LIMIT_DAYS)]


class OffsetBody(Strict):
    """How long after discharge."""

    count: Annotated[int, Field(ge=0, le=3650)]
    unit: Unit


class StepBody(Strict):
    """One visit to come."""

    title: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    offset: OffsetBody
    early_days: Margin
    late_days: Margin
    mode: Mode
    performer: Performer
    specialty: Annotated[str, Field(max_length=SPECIALTY_LIMIT)] | None = None

    def to_domain(self) -> Step:
        """The step. Raises Invalid."""
        return Step.of(
            self.title,
            Offset(self.offset.count, self.offset.unit),
            (self.early_days, self.late_days),
            self.mode,
            self.performer,
            self.specialty,
        )


class TemplateBody(Strict):
    """What a template is to say."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    zone: Annotated[str, Field(min_length=1, max_length=64)] = ZONE
    steps: Annotated[list[StepBody], Field(min_length=1, max_length=STEPS_LIMIT)]

    def to_command(self) -> WriteTemplate:
        """The use case's command."""
        return WriteTemplate(self.name, self.zone, [step.to_domain() for step in self.steps])


class OffsetView(View):
    """How long after discharge."""

    count: int
    unit: Unit


class StepView(View):
    """One visit to come."""

    title: str
    offset: OffsetView
    early_days: int
    late_days: int
    mode: Mode
    performer: Performer
    specialty: str | None


class TemplateView(View):
    """*Template* of docs/protocol.md."""

    id: str
    name: str
    zone: str
    steps: list[StepView]
    created_at: Instant
    retired_at: Instant | None

    @classmethod
    def of(cls, template: Template) -> TemplateView:
        """The view of a template."""
        return cls.model_validate(template.to_wire())


class TemplatesView(View):
    """All of them, the retired last."""

    items: list[TemplateView]


@routes.get("/api/v1/pathway-templates", answers={200: TemplatesView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """Every template, by name."""
    found = await call.services.care.follow_up.templates.all(call.actor)
    return Answer(200, TemplatesView(items=list(map(TemplateView.of, found))))


@routes.post(
    "/api/v1/pathway-templates", body=TemplateBody, answers={201: TemplateView}, creates=True
)
async def create(call: Call[TemplateBody, Nothing]) -> Answer:
    """Write a template (case managers)."""
    wanted = call.body.to_command()
    made = await call.services.care.follow_up.templates.create(call.actor, wanted)
    return Answer(201, TemplateView.of(made))


@routes.put("/api/v1/pathway-templates/{id}", body=TemplateBody, answers={200: TemplateView})
async def revise(call: Call[TemplateBody, Nothing]) -> Answer:
    """Revise a template; open pathways keep their visits."""
    templates, wanted = call.services.care.follow_up.templates, call.body.to_command()
    return Answer(200, TemplateView.of(await templates.revise(call.actor, call.path["id"], wanted)))


@routes.post("/api/v1/pathway-templates/{id}/retire", answers={200: TemplateView})
async def retire(call: Call[Nothing, Nothing]) -> Answer:
    """Retire a template."""
    templates = call.services.care.follow_up.templates
    return Answer(200, TemplateView.of(await templates.retire(call.actor, call.path["id"])))
