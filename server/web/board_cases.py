"""Cases of boards over HTTP: agenda, session, sheet."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from server.domain.board_cases import AGENDA_LIMIT, QUESTION_LIMIT
from server.domain.decision_sheets import TEXT_LIMIT, Guideline, Sheet
from server.domain.patients import IDENTIFIER_LIMIT, NAME_LIMIT
from server.services.board_agenda import CaseChange, NewCase
from server.web.board_models import BoardView
from server.web.models import Nothing, Strict
from server.web.reports import pdf_response
from server.web.routing import Answer, Call, Routes

routes = Routes("board cases")

Person = Annotated[str, Field(min_length=1, max_length=80)]
Question = Annotated[str, Field(min_length=1, max_length=QUESTION_LIMIT)]
Words = Annotated[str, Field(max_length=TEXT_LIMIT)]
Version = Annotated[int, Field(ge=0, lt=2**31)]
_PATH = "/api/v1/boards/{id}/cases"
_CASE = _PATH + "/{case}"


class PatientBody(Strict):
    """Two identifiers, and a name to read."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    birth_date: date
    identifier: Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]


class NewCaseBody(Strict):
    """What goes on the agenda."""

    patient: PatientBody
    question: Question
    presenter: Person
    informed_on: date | None = None

    def to_command(self) -> NewCase:
        """The use case's command."""
        who = self.patient
        return NewCase(
            who.name,
            who.birth_date,
            who.identifier,
            self.question,
            self.presenter,
            self.informed_on,
        )


class ChangeCaseBody(Strict):
    """What is to change; what is absent stays, `informed_on: null` takes it back."""

    question: Question | None = None
    presenter: Person | None = None
    position: Annotated[int, Field(ge=0, lt=AGENDA_LIMIT)] | None = None
    informed_on: date | None = None

    def to_command(self) -> CaseChange:
        """The use case's command."""
        return CaseChange(
            self.question,
            self.presenter,
            self.position,
            self.informed_on,
            tells="informed_on" in self.model_fields_set,
        )


class SheetBody(Strict):
    """The whole sheet, over the version that was read."""

    version: Version
    proposal: Words = ""
    guideline: Guideline | None = None
    reason: Words = ""
    reference: Words = ""
    next_step: Words = ""

    def to_sheet(self) -> Sheet:
        """The domain's sheet."""
        return Sheet.of(self.proposal, self.guideline, self.reason, self.reference, self.next_step)


class CloseBody(Strict):
    """How the case ends."""

    version: Version
    decided: bool


class SignBody(Strict):
    """The version that was read."""

    version: Version


class RepresentBody(Strict):
    """Where the case goes."""

    board: Person


class PaperQuery(Strict):
    """The language of the paper."""

    locale: Literal["it", "fr", "en"] = "en"


@routes.post(_PATH, body=NewCaseBody, answers={201: BoardView}, creates=True)
async def add(call: Call[NewCaseBody, Nothing]) -> Answer:
    """Put a case on the agenda."""
    agenda = call.services.care.board_agenda
    meeting = await agenda.add(call.actor, call.path["id"], call.body.to_command())
    return Answer(201, BoardView.of(meeting))


@routes.patch(_CASE, body=ChangeCaseBody, answers={200: BoardView})
async def change(call: Call[ChangeCaseBody, Nothing]) -> Answer:
    """Change, reorder, or record that the patient was informed."""
    agenda, path = call.services.care.board_agenda, call.path
    meeting = await agenda.change(call.actor, path["id"], path["case"], call.body.to_command())
    return Answer(200, BoardView.of(meeting))


@routes.delete(_CASE, answers={204: None})
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Take a case off the agenda."""
    await call.services.care.board_agenda.remove(call.actor, call.path["id"], call.path["case"])
    return Answer(204)


@routes.post(_CASE + "/open", answers={200: BoardView})
async def open_(call: Call[Nothing, Nothing]) -> Answer:
    """Begin the discussion of a case."""
    session, path = call.services.care.board_session, call.path
    return Answer(200, BoardView.of(await session.open(call.actor, path["id"], path["case"])))


@routes.put(_CASE + "/sheet", body=SheetBody, answers={200: BoardView})
async def write(call: Call[SheetBody, Nothing]) -> Answer:
    """Write the open case's decision sheet."""
    session, path, body = call.services.care.board_session, call.path, call.body
    meeting = await session.write(
        call.actor, path["id"], path["case"], body.version, body.to_sheet()
    )
    return Answer(200, BoardView.of(meeting))


@routes.post(_CASE + "/close", body=CloseBody, answers={200: BoardView})
async def close(call: Call[CloseBody, Nothing]) -> Answer:
    """End the discussion, with the decision or without."""
    session, path, body = call.services.care.board_session, call.path, call.body
    meeting = await session.close(
        call.actor, path["id"], path["case"], body.version, decided=body.decided
    )
    return Answer(200, BoardView.of(meeting))


@routes.post(_CASE + "/sign", body=SignBody, answers={200: BoardView})
async def sign(call: Call[SignBody, Nothing]) -> Answer:
    """Sign the sheet as the coordinator."""
    session, path = call.services.care.board_session, call.path
    meeting = await session.sign(call.actor, path["id"], path["case"], call.body.version)
    return Answer(200, BoardView.of(meeting))


@routes.post(_CASE + "/represent", body=RepresentBody, answers={200: BoardView})
async def represent(call: Call[RepresentBody, Nothing]) -> Answer:
    """Carry a case without a formal advice to another meeting."""
    agenda, path = call.services.care.board_agenda, call.path
    meeting = await agenda.represent(call.actor, path["id"], path["case"], call.body.board)
    return Answer(200, BoardView.of(meeting))


@routes.get(_CASE + "/pdf", query=PaperQuery, answers={200: None})
async def paper(call: Call[Nothing, PaperQuery]) -> web.StreamResponse:
    """Download the decision sheet as PDF."""
    path = call.path
    pdf = await call.services.care.board_sheets.paper(
        call.actor, path["id"], path["case"], call.query.locale
    )
    return pdf_response(pdf, f"board-case-{path['case']}.pdf")
