"""Telling people that something of theirs changed; what it is, they ask for."""

from __future__ import annotations

from collections.abc import Iterable

from server.services.ports.bus import Notice
from server.services.ports.unit_of_work import UnitOfWork


def tell_changed(uow: UnitOfWork, topic: str, subject: str, people: Iterable[str]) -> None:
    """Send `changed {topic, subject}` to each person once committed; best effort.

    The topic is the plural noun of the REST path (`guard`, `consultations`, `tasks` …).
    """
    for person in dict.fromkeys(people):
        uow.publish(Notice("changed", {"topic": topic, "subject": subject}, person=person))


def tell_everyone(uow: UnitOfWork, topic: str, subject: str) -> None:
    """The same to everybody with an account; for what all look at and few change."""
    uow.publish(Notice("changed", {"topic": topic, "subject": subject}, everyone=True))
