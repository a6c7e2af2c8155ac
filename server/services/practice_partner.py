"""The scripted colleague of the sandbox: answers, accepts and reports, as invented people."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from server.domain.access import Actor
from server.domain.errors import DomainError
from server.services.chat import Chat
from server.services.guard_acceptance import GuardAcceptance
from server.services.ports.clock import Clock, Fresh
from server.services.ports.unit_of_work import Database
from server.services.reports import Reports

AT_ONCE = 20
HEARS_AFTER = timedelta(seconds=8)
"""Long enough to see how a request is alerted."""

WRITES_AFTER = timedelta(seconds=20)
VIEWER = "training area"

REPLIES = {
    "it": "Ricevuto (risposta automatica dell’area di formazione). Guardo e ti faccio sapere.",
    "fr": "Bien reçu (réponse automatique de l’espace de formation). Je regarde et vous réponds.",
    "en": "Received (automatic reply of the training area). I will look at once and let you know.",
}
FINDINGS = {
    "it": "Referto inventato dell’area di formazione: nessuna alterazione.",
    "fr": "Compte rendu inventé de l’espace de formation : pas d’anomalie.",
    "en": "Invented report of the training area: no abnormality.",
}


class PracticePartner:
    """The engine's step that lets scripted colleagues act."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        fresh: Fresh,
        chat: Chat,
        acceptance: GuardAcceptance,
        reports: Reports,
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._chat = chat
        self._acceptance = acceptance
        self._reports = reports

    async def act(self) -> int:
        """Do what scripted colleagues would do now; answers how much."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            rooms = await uow.practice.unanswered(AT_ONCE)
            requests = await uow.practice.unheard(now - HEARS_AFTER, AT_ONCE)
            drafts = await uow.practice.unwritten(now - WRITES_AFTER, AT_ONCE)
            named = await uow.accounts.named(
                {person for _, person in (*rooms, *requests)} | {author for _, author, _ in drafts}
            )
        for room, person in rooms:
            text = REPLIES.get(named[person].locale, REPLIES["en"])
            actor = Actor(person, named[person].name)
            await _try(self._chat.send(actor, room, self._fresh.id(), text))
        for request, person in requests:
            await _try(self._acceptance.accept(Actor(person, named[person].name), request))
        for report, author, version in drafts:
            text = FINDINGS.get(named[author].locale, FINDINGS["en"])
            await _try(self._report(Actor(author, named[author].name), report, version, text))
        return len(rooms) + len(requests) + len(drafts)

    async def _report(self, actor: Actor, report: str, version: int, text: str) -> None:
        written = await self._reports.write(actor, report, version, text, text)
        await self._reports.sign(actor, report, written.version, attestation=VIEWER)


async def _try(work: Awaitable[Any]) -> None:
    """A case that moved on meanwhile, or does not let itself be done, is a trainee's to see."""
    try:
        await work
    except DomainError:
        return
