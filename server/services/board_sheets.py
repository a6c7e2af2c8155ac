"""The decision sheet on paper, in the language of its reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.domain.access import Actor
from server.domain.board_cases import BoardCase, CaseState
from server.domain.boards import Board
from server.domain.decision_sheets import Guideline
from server.domain.errors import NotFound
from server.domain.patients import Patient
from server.domain.quorum import SPECIALTIES_NEEDED, Presence, Quorum
from server.services.board_access import board_of, case_of
from server.services.board_words import SPECIALTIES, WORDS
from server.services.ports.papers import Paper, Papers
from server.services.ports.unit_of_work import Database


class Sheets:
    """Use cases of the printed sheet."""

    def __init__(self, database: Database, papers: Papers) -> None:
        self._database = database
        self._papers = papers

    async def paper(self, actor: Actor, board_id: str, case_id: str, locale: str) -> bytes:
        """The sheet as PDF; unsigned, it says that it is no formal advice. Raises NotFound."""
        async with self._database.reading() as uow:
            board, _ = await board_of(uow, actor, board_id)
            case = await case_of(uow, board, case_id)
            patient = await uow.patients.find(case.patient)
        if patient is None:
            raise NotFound
        return await self._papers.render(compose(board, case, patient, locale))


def compose(board: Board, case: BoardCase, patient: Patient, locale: str) -> Paper:
    """What stands on the sheet."""
    words = WORDS[locale]
    return Paper(
        title=words["title"],
        locale=locale,
        facts=_facts(board, case, patient, words),
        sections=_sections(case, words, locale),
        signatures=_signatures(case, words),
        notes=_notes(case, words),
    )


def _facts(
    board: Board, case: BoardCase, patient: Patient, words: Mapping[str, str]
) -> list[tuple[str, str]]:
    presenter, coordinator = board.participant(case.presenter), board.participant(board.coordinator)
    told = words["no"] if case.informed_on is None else _day(case.informed_on)
    return [
        (words["meeting"], board.title),
        (words["date"], _moment(case.closed_at or board.starts_at)),
        (words["patient"], patient.name),
        (words["birth_date"], _day(patient.birth_date)),
        (words["identifier"], patient.identifier),
        (words["informed"], told),
        (words["presenter"], "" if presenter is None else presenter.name),
        (words["coordinator"], "" if coordinator is None else coordinator.name),
    ]


def _sections(case: BoardCase, words: Mapping[str, str], locale: str) -> list[tuple[str, str]]:
    sheet = case.sheet
    sections = [(words["question"], case.question), (words["proposal"], sheet.proposal)]
    if sheet.guideline is not None:
        sections.append((words["guideline"], words[sheet.guideline.value]))
    if sheet.guideline is Guideline.OUTSIDE:
        sections.append((words["reason"], sheet.reason))
    sections += [(words["reference"], sheet.reference), (words["next_step"], sheet.next_step)]
    if case.quorum is not None:
        sections += [
            (words["quorum"], _quorum(case.quorum, words, locale)),
            (words["participants"], _participants(case.quorum, words, locale)),
        ]
    return [(heading, text) for heading, text in sections if text]


def _quorum(quorum: Quorum, words: Mapping[str, str], locale: str) -> str:
    verdict = words["met"] if quorum.is_met else words["missed"]
    names = ", ".join(SPECIALTIES[locale][one] for one in quorum.specialties)
    count = f"{len(quorum.specialties)}/{SPECIALTIES_NEEDED}"
    return f"{verdict} ({count}): {names}" if names else f"{verdict} ({count})"


def _participants(quorum: Quorum, words: Mapping[str, str], locale: str) -> str:
    lines = [
        f"{one.name}, {one.qualification}, {SPECIALTIES[locale][one.specialty]}"
        + (f" ({words['part']})" if one.presence is Presence.PART else "")
        for one in quorum.attendees
        if one.presence is not Presence.ABSENT
    ]
    return "\n".join(lines)


def _signatures(case: BoardCase, words: Mapping[str, str]) -> list[str]:
    signed = case.signature
    if signed is None:
        return []
    line = words["signed"].format(
        name=signed.name, qualification=signed.qualification, at=_moment(signed.at)
    )
    return [line, f"SHA-256 {signed.sha256}"]


def _notes(case: BoardCase, words: Mapping[str, str]) -> list[str]:
    notes = [] if case.state is CaseState.SIGNED else [words["unsigned"]]
    return [*notes, words["rule"]]


def _moment(at: datetime) -> str:
    """Wall clock of central Europe, which the whole network shares, with its offset."""
    return at.astimezone(ZoneInfo("Europe/Rome")).strftime("%d/%m/%Y %H:%M (UTC%z)")


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
