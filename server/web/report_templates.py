"""Templates of reports over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.report_templates import MODALITY_LIMIT, NAME_LIMIT, TEXT_LIMIT, Headings
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("reports")

Id = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(max_length=TEXT_LIMIT)]


class TemplatesQuery(Strict):
    """In which language the built-in ones are; in that of the account unless said."""

    locale: Annotated[str, Field(pattern="^(it|fr|en)$")] | None = None


class HeadingsBody(Strict):
    """What a template is called and what it puts into a report."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    modality: Annotated[str, Field(max_length=MODALITY_LIMIT)] = ""
    findings: Text
    conclusion: Text = ""

    @property
    def headings(self) -> Headings:
        """The domain's headings."""
        return Headings(self.name, self.modality, self.findings, self.conclusion)


class NewTemplateBody(HeadingsBody):
    """A new one of an organisation."""

    organisation: Id


class TemplateBody(HeadingsBody):
    """Other words; `version` is the one that was seen."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class TemplateView(View):
    """*ReportTemplate* of docs/protocol.md; a built-in one has no organisation."""

    id: str
    organisation: str | None
    name: str
    modality: str
    findings: str
    conclusion: str
    changed_at: Instant | None
    version: int


class TemplatesView(View):
    """Those of the caller's organisations by name, then the built-in ones."""

    items: list[TemplateView]


@routes.get("/api/v1/report-templates", query=TemplatesQuery, answers={200: TemplatesView})
async def index(call: Call[Nothing, TemplatesQuery]) -> Answer:
    """List the templates that I may use."""
    found = await call.services.care.report_templates.all(call.actor, call.query.locale)
    return Answer(200, TemplatesView(items=[TemplateView.model_validate(one) for one in found]))


@routes.post(
    "/api/v1/report-templates", body=NewTemplateBody, answers={201: TemplateView}, creates=True
)
async def create(call: Call[NewTemplateBody, Nothing]) -> Answer:
    """Keep a template for my organisation."""
    templates, body = call.services.care.report_templates, call.body
    made = await templates.create(call.actor, body.organisation, body.headings)
    return Answer(201, TemplateView.model_validate(made))


@routes.put("/api/v1/report-templates/{id}", body=TemplateBody, answers={200: TemplateView})
async def revise(call: Call[TemplateBody, Nothing]) -> Answer:
    """Change a template of my organisation."""
    templates, body = call.services.care.report_templates, call.body
    revised = await templates.revise(call.actor, call.path["id"], body.version, body.headings)
    return Answer(200, TemplateView.model_validate(revised))


@routes.delete("/api/v1/report-templates/{id}", answers={204: None})
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Keep a template of my organisation no longer."""
    await call.services.care.report_templates.remove(call.actor, call.path["id"])
    return Answer(204)
