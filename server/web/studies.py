"""Studies over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from server.domain.pacs import PullState
from server.domain.patients import IDENTIFIER_LIMIT, NAME_LIMIT, Patient
from server.domain.studies import QUESTION_LIMIT, TITLE_LIMIT, StudyState, Verdict
from server.services.ports.accounts import Colleague
from server.services.studies import NewStudy
from server.services.study_access import Standing
from server.services.study_views import Line, Seen
from server.services.study_views import View as ListName
from server.web.documents import PersonView
from server.web.models import Instant, Nothing, Strict, View
from server.web.reports import PaperQuery, ReportView, pdf_response
from server.web.routing import Answer, Call, Routes

routes = Routes("studies")

Id = Annotated[str, Field(min_length=1, max_length=80)]
Birth = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PatientBody(Strict):
    """Two identifiers, and a name to read."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    birth_date: Birth
    identifier: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]


class StudyBody(Strict):
    """What is asked."""

    title: Annotated[str, Field(min_length=1, max_length=TITLE_LIMIT)]
    question: Annotated[str, Field(max_length=QUESTION_LIMIT)] = ""
    urgent: bool = False
    patient: PatientBody
    organisation: Id | None = None
    gp: Id | None = None
    consent: bool = False


class AssignBody(Strict):
    """Who is to read it."""

    radiologist: Id


class ConsentBody(Strict):
    """What the patient decided about other hospitals."""

    given: bool


class FindBody(Strict):
    """Both identifiers of a patient; in a body, since addresses are logged."""

    birth_date: Birth
    identifier: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]


class ListQuery(Strict):
    """Which list."""

    view: ListName = ListName.SITE


class PatientView(View):
    """*Patient* of docs/protocol.md."""

    id: str
    name: str
    birth_date: str
    identifier: str

    @classmethod
    def of(cls, patient: Patient) -> PatientView:
        """The view of a patient."""
        return cls.model_validate(patient.to_wire())


class LineView(View):
    """A study in a list."""

    id: str
    room: str
    organisation: str
    title: str
    question: str
    urgent: bool
    state: StudyState
    requester: PersonView
    assignee: PersonView | None
    gp: str | None
    consent: bool
    consent_at: Instant | None
    created_at: Instant
    changed_at: Instant
    reported_at: Instant | None
    patient: PatientView

    @classmethod
    def of(cls, line: Line) -> LineView:
        """The view of a line."""
        return cls.model_validate(line.study.to_wire() | {"patient": line.patient.to_wire()})


class LinesView(View):
    """Some studies."""

    items: list[LineView]


class MismatchView(View):
    """A document that does not name the patient, and why."""

    document: str
    verdict: Verdict


class ImagesView(View):
    """Counts, and what is wrong."""

    instances: int
    series: int
    unchecked: int
    mismatched: list[MismatchView]


class PullView(View):
    """A study on its way from a PACS."""

    id: str
    state: PullState
    expected: int
    received: int
    refused: int
    missing: int
    failure: str | None
    created_at: Instant


class StudyView(LineView):
    """*Study* of docs/protocol.md; the report's words only as signed."""

    standing: Standing
    images: ImagesView
    gp_name: str | None
    report: ReportView | None
    pulls: list[PullView]

    @classmethod
    def seen(cls, seen: Seen) -> StudyView:
        """The view of a study as one person sees it."""
        return cls.model_validate(
            seen.study.to_wire()
            | {
                "patient": seen.patient.to_wire(),
                "standing": seen.standing,
                "images": seen.images.to_wire(),
                "gp_name": seen.gp.name if seen.gp else None,
                "report": seen.report.to_wire() if seen.report else None,
                "pulls": [pull.to_wire() for pull in seen.pulls],
            }
        )


class ColleagueView(View):
    """Whom a study or a result may go to."""

    id: str
    name: str
    profession: str
    organisation_name: str


class ColleaguesView(View):
    """By name."""

    items: list[ColleagueView]

    @classmethod
    def of(cls, found: list[Colleague]) -> ColleaguesView:
        """The view of colleagues."""
        return cls(
            items=[
                ColleagueView(
                    id=one.id,
                    name=one.name,
                    profession=one.profession,
                    organisation_name=one.organisation_name,
                )
                for one in found
            ]
        )


async def _seen(call: Call[Any, Any], study: str) -> StudyView:
    return StudyView.seen(await call.services.care.tele.views.get(call.actor, study))


@routes.post("/api/v1/studies", body=StudyBody, answers={201: StudyView}, creates=True)
async def create(call: Call[StudyBody, Nothing]) -> Answer:
    """Ask for a reading."""
    body = call.body
    study = await call.services.care.tele.studies.create(
        call.actor,
        NewStudy(
            body.title,
            body.question,
            body.urgent,
            body.patient.name,
            body.patient.birth_date,
            body.patient.identifier,
            body.organisation,
            body.gp,
            body.consent,
        ),
    )
    return Answer(201, await _seen(call, study.id))


@routes.get("/api/v1/studies", query=ListQuery, answers={200: LinesView})
async def index(call: Call[Nothing, ListQuery]) -> Answer:
    """List what is mine to read, what my hospital asked, or what is shared with me."""
    found = await call.services.care.tele.views.list(call.actor, call.query.view)
    return Answer(200, LinesView(items=[LineView.of(one) for one in found]))


@routes.post("/api/v1/studies/find", body=FindBody, answers={200: LinesView})
async def find(call: Call[FindBody, Nothing]) -> Answer:
    """Find results of a patient who consented, by both identifiers."""
    views, body = call.services.care.tele.views, call.body
    found = await views.find(call.actor, "", body.birth_date, body.identifier)
    return Answer(200, LinesView(items=[LineView.of(one) for one in found]))


@routes.get("/api/v1/rooms/{id}/study", answers={200: StudyView})
async def of_room(call: Call[Nothing, Nothing]) -> Answer:
    """Describe the study that owns a room."""
    seen = await call.services.care.tele.views.of_room(call.actor, call.path["id"])
    return Answer(200, StudyView.seen(seen))


@routes.get("/api/v1/studies/radiologists", answers={200: ColleaguesView})
async def radiologists(call: Call[Nothing, Nothing]) -> Answer:
    """List whom a study may go to."""
    found = await call.services.care.tele.views.radiologists(call.actor)
    return Answer(200, ColleaguesView.of(list(found)))


@routes.get("/api/v1/studies/gps", answers={200: ColleaguesView})
async def gps(call: Call[Nothing, Nothing]) -> Answer:
    """List whom a result may go to."""
    found = await call.services.care.tele.views.gps(call.actor)
    return Answer(200, ColleaguesView.of(list(found)))


@routes.get("/api/v1/studies/{id}", answers={200: StudyView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Describe a study; looking is recorded."""
    return Answer(200, await _seen(call, call.path["id"]))


@routes.post("/api/v1/studies/{id}/assign", body=AssignBody, answers={200: StudyView})
async def assign(call: Call[AssignBody, Nothing]) -> Answer:
    """Ask a radiologist."""
    study, radiologist = call.path["id"], call.body.radiologist
    await call.services.care.tele.studies.assign(call.actor, study, radiologist)
    return Answer(200, await _seen(call, study))


@routes.put("/api/v1/studies/{id}/consent", body=ConsentBody, answers={200: StudyView})
async def consent(call: Call[ConsentBody, Nothing]) -> Answer:
    """Record the patient's decision about other hospitals."""
    study = call.path["id"]
    await call.services.care.tele.studies.consent(call.actor, study, call.body.given)
    return Answer(200, await _seen(call, study))


@routes.get("/api/v1/studies/{id}/pdf", query=PaperQuery, answers={200: None})
async def paper(call: Call[Nothing, PaperQuery]) -> web.StreamResponse:
    """Download the signed report."""
    study = call.path["id"]
    pdf = await call.services.care.tele.views.paper(call.actor, study, call.query.locale)
    return pdf_response(pdf, f"report-{study}.pdf")
