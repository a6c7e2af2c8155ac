"""Result links over HTTP: made by the hospital, opened by the patient without an account."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field

from server.domain.invitations import SECRET_LIMIT
from server.domain.reports import ReportState
from server.domain.result_links import LONGEST, ResultLink
from server.services.results import Result
from server.web.models import Instant, Nothing, Strict, View
from server.web.reports import pdf_response
from server.web.routing import Answer, Call, Routes

routes = Routes("results")

Secret = Annotated[str, Field(min_length=1, max_length=SECRET_LIMIT)]


class ShareBody(Strict):
    """How long the link lives."""

    expires_in_days: Annotated[int, Field(ge=1, le=LONGEST // timedelta(days=1))] = 7


class OpenBody(Strict):
    """The code from the link's fragment, and the second factor."""

    code: Secret
    birth_date: date
    pin: Annotated[str, Field(pattern=r"^\d{6}$")]


class PaperBody(Strict):
    """What opening gave; in a body, since addresses are logged."""

    reading: Secret
    locale: Annotated[str, Field(pattern="^(it|fr|en)$")] = "it"


class LinkView(View):
    """A link, without its secrets."""

    id: str
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None
    revoked_at: Instant | None
    tries: int

    @classmethod
    def of(cls, link: ResultLink) -> LinkView:
        """The view of a link."""
        return cls.model_validate(link.to_wire())


class SharedView(LinkView):
    """A new link and its code, which are shown only now."""

    link: str
    pin: str


class LinksView(View):
    """Newest first."""

    items: list[LinkView]


class SignedByView(View):
    """Who vouched for the result."""

    name: str
    qualification: str
    at: Instant


class NoteView(View):
    """What was added later."""

    text: str
    name: str
    at: Instant


class ResultView(View):
    """What the patient reads."""

    title: str
    organisation: str
    state: ReportState
    findings: str
    conclusion: str
    signatures: list[SignedByView]
    addenda: list[NoteView]
    reading: str
    until: Instant

    @classmethod
    def of(cls, result: Result) -> ResultView:
        """The view of a result."""
        report = result.report
        return cls(
            title=report.title,
            organisation=result.organisation,
            state=report.state,
            findings=report.findings,
            conclusion=report.conclusion,
            signatures=[
                SignedByView(name=one.name, qualification=one.qualification, at=one.at)
                for one in report.signatures
            ],
            addenda=[NoteView(text=one.text, name=one.name, at=one.at) for one in report.addenda],
            reading=result.reading,
            until=result.until,
        )


@routes.post("/api/v1/studies/{id}/links", body=ShareBody, answers={201: SharedView})
async def share(call: Call[ShareBody, Nothing]) -> Answer:
    """Make a link for the patient.

    `Idempotency-Key` is not kept here: the answer holds secrets, and a second link does no harm.
    """
    lifetime = timedelta(days=call.body.expires_in_days)
    shared = await call.services.care.tele.results.share(call.actor, call.path["id"], lifetime)
    wire = shared.link.to_wire() | {"link": shared.url, "pin": shared.pin}
    return Answer(201, SharedView.model_validate(wire))


@routes.get("/api/v1/studies/{id}/links", answers={200: LinksView})
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List a study's links."""
    found = await call.services.care.tele.results.links(call.actor, call.path["id"])
    return Answer(200, LinksView(items=[LinkView.of(one) for one in found]))


@routes.delete("/api/v1/studies/{id}/links/{link}", answers={204: None})
async def revoke(call: Call[Nothing, Nothing]) -> Answer:
    """End a link."""
    await call.services.care.tele.results.revoke(call.actor, call.path["id"], call.path["link"])
    return Answer(204)


@routes.post("/api/v1/results/open", body=OpenBody, answers={200: ResultView}, public=True)
async def open_(call: Call[OpenBody, Nothing]) -> Answer:
    """Read a result by a link, once."""
    body = call.body
    result = await call.services.care.tele.results.open(
        body.code, body.birth_date, body.pin, call.address
    )
    return Answer(200, ResultView.of(result))


@routes.post("/api/v1/results/pdf", body=PaperBody, answers={200: None}, public=True)
async def paper(call: Call[PaperBody, Nothing]) -> web.StreamResponse:
    """Download an opened result, for a quarter of an hour."""
    body = call.body
    pdf = await call.services.care.tele.results.paper(body.reading, body.locale, call.address)
    return pdf_response(pdf, "report.pdf")
