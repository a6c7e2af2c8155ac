"""The scripted colleague of the sandbox: answers whoever writes to a colleague who is not there."""

from __future__ import annotations

from server.domain.access import Actor
from server.domain.accounts import User
from server.domain.errors import DomainError
from server.services.chat import Chat
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import Database

AT_ONCE = 20

REPLIES = {
    "it": "Ricevuto (risposta automatica dell’area di formazione). Guardo e ti faccio sapere.",
    "fr": "Bien reçu (réponse automatique de l’espace de formation). Je regarde et vous réponds.",
    "en": "Received (automatic reply of the training area). I will look at once and let you know.",
}


class PracticePartner:
    """The engine's step that lets scripted colleagues answer."""

    def __init__(self, database: Database, fresh: Fresh, chat: Chat) -> None:
        self._database = database
        self._fresh = fresh
        self._chat = chat

    async def answer(self) -> int:
        """Reply in each room that waits for a scripted colleague; answers how many."""
        async with self._database.reading() as uow:
            waiting = await uow.practice.unanswered(AT_ONCE)
            partners = [(room, await uow.accounts.find(person)) for room, person in waiting]
        for room, partner in partners:
            if partner is not None:
                await self._reply(room, partner)
        return len(partners)

    async def _reply(self, room: str, partner: User) -> None:
        actor = Actor(partner.id, partner.name)
        text = REPLIES.get(partner.locale, REPLIES["en"])
        try:
            await self._chat.send(actor, room, self._fresh.id(), text)
        except DomainError:
            return  # the room closed meanwhile, or chat is not granted there
