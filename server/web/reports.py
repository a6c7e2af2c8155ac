"""Reports over HTTP."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, Field

from server.domain.report_parts import NOTE_LIMIT
from server.domain.reports import NAME_LIMIT, TEXT_LIMIT, Report, ReportKind, ReportState
from server.web.documents import PersonView
from server.web.models import Instant, Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("reports")

Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
Note = Annotated[str, Field(min_length=1, max_length=NOTE_LIMIT)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class WriteBody(Strict):
    """What the report is to say; `version` is the one the author saw."""

    version: Version
    findings: Text
    conclusion: Text


class NoteBody(Strict):
    """A critical finding, or an addendum."""

    text: Note


class ReadBackBody(Strict):
    """Who heard a critical finding and said it back, and when."""

    receiver: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    told_at: AwareDatetime


class SignBody(Strict):
    """Which version is vouched for; radiology needs the viewer's name as attestation."""

    version: Version
    interim: bool = False
    attestation: Annotated[str, Field(max_length=NOTE_LIMIT)] | None = None


class PaperQuery(Strict):
    """In which language the headings are."""

    locale: Annotated[str, Field(pattern="^(it|fr|en)$")] = "it"


class SignatureView(View):
    """Who vouched for which version."""

    person: str
    name: str
    qualification: str
    at: Instant
    version: int
    interim: bool
    sha256: str


class CriticalView(View):
    """A finding that somebody must hear of."""

    id: str
    text: str
    added_at: Instant
    receiver: str | None
    told_at: Instant | None
    read_back: bool


class AddendumView(View):
    """What was added to a final report."""

    id: str
    text: str
    person: str
    name: str
    qualification: str
    at: Instant
    sha256: str


class ReportView(View):
    """*Report* of docs/protocol.md; others than the author see the signed version."""

    id: str
    room: str
    kind: ReportKind
    subject: str
    patient: str | None
    title: str
    author: PersonView
    state: ReportState
    version: int
    signed_version: int | None
    findings: str
    conclusion: str
    attestation: str | None
    needs_attestation: bool
    criticals: list[CriticalView]
    signatures: list[SignatureView]
    addenda: list[AddendumView]
    created_at: Instant
    changed_at: Instant

    @classmethod
    def of(cls, report: Report) -> ReportView:
        """The view of a report."""
        return cls.model_validate(report.to_wire())


class ReportsView(View):
    """A room's reports, oldest first."""

    items: list[ReportView]


@routes.get("/api/v1/rooms/{id}/reports", answers={200: ReportsView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List a room's reports."""
    found = await call.services.care.reports.of_room(call.actor, call.path["id"])
    return Answer(200, ReportsView(items=[ReportView.of(one) for one in found]))


@routes.get("/api/v1/reports/{id}", answers={200: ReportView})
async def show(call: Call[Nothing, Nothing]) -> Answer:
    """Read a report."""
    report = await call.services.care.reports.get(call.actor, call.path["id"])
    return Answer(200, ReportView.of(report))


@routes.put("/api/v1/reports/{id}", body=WriteBody, answers={200: ReportView})
async def write(call: Call[WriteBody, Nothing]) -> Answer:
    """Write a newer version of my report."""
    body = call.body
    report = await call.services.care.reports.write(
        call.actor, call.path["id"], body.version, body.findings, body.conclusion
    )
    return Answer(200, ReportView.of(report))


@routes.post(
    "/api/v1/reports/{id}/criticals", body=NoteBody, answers={201: ReportView}, creates=True
)
async def add_critical(call: Call[NoteBody, Nothing]) -> Answer:
    """Note a critical finding."""
    reports = call.services.care.reports
    report = await reports.add_critical(call.actor, call.path["id"], call.body.text)
    return Answer(201, ReportView.of(report))


@routes.post(
    "/api/v1/reports/{id}/criticals/{critical}/read-back",
    body=ReadBackBody,
    answers={200: ReportView},
)
async def read_back(call: Call[ReadBackBody, Nothing]) -> Answer:
    """Record that a critical finding was heard and read back."""
    report = await call.services.care.reports.read_back(
        call.actor,
        call.path["id"],
        call.path["critical"],
        call.body.receiver,
        call.body.told_at,
    )
    return Answer(200, ReportView.of(report))


@routes.post("/api/v1/reports/{id}/sign", body=SignBody, answers={200: ReportView})
async def sign(call: Call[SignBody, Nothing]) -> Answer:
    """Sign the version I saw."""
    body = call.body
    report = await call.services.care.reports.sign(
        call.actor,
        call.path["id"],
        body.version,
        interim=body.interim,
        attestation=body.attestation,
    )
    return Answer(200, ReportView.of(report))


@routes.post("/api/v1/reports/{id}/addenda", body=NoteBody, answers={201: ReportView}, creates=True)
async def addend(call: Call[NoteBody, Nothing]) -> Answer:
    """Add to a final report."""
    reports = call.services.care.reports
    report = await reports.addend(call.actor, call.path["id"], call.body.text)
    return Answer(201, ReportView.of(report))


@routes.get("/api/v1/reports/{id}/pdf", query=PaperQuery, answers={200: None})
async def paper(call: Call[Nothing, PaperQuery]) -> web.StreamResponse:
    """Download the signed report as PDF."""
    report = call.path["id"]
    pdf = await call.services.care.reports.paper(call.actor, report, call.query.locale)
    return pdf_response(pdf, f"report-{report}.pdf")


def pdf_response(pdf: bytes, name: str) -> web.Response:
    """A PDF to download, never kept by a cache."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)
