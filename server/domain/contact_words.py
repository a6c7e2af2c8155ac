"""What messages say, in the reader's language: a service, a priority, a link; never a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.domain.contact_messages import Message
from server.domain.contact_methods import Kind

LOCALES = ("it", "fr", "en")

_PRIORITIES: Mapping[str, Mapping[str, str]] = {
    "it": {"emergency": "EMERGENZA", "urgent": "URGENTE", "routine": "ordinaria"},
    "fr": {"emergency": "URGENCE VITALE", "urgent": "URGENT", "routine": "ordinaire"},
    "en": {"emergency": "EMERGENCY", "urgent": "URGENT", "routine": "routine"},
}
_SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "it": {
        "guard.alert": "Richiesta di guardia: {priority}, {service}",
        "guard.hear": "Un risultato attende che qualcuno lo ascolti: {service}",
        "guard.handover": "Ti viene offerto il turno di guardia",
        "guard.drill": "PROVA di guardia: nessun paziente, nessuna richiesta",
        "thread.urgent": "Un messaggio urgente attende la tua risposta",
        "rota.asked": "Ti viene chiesto un turno",
        "contact.code": "Il tuo codice Guardline: {code}",
        "contact.test": "Messaggio di prova",
    },
    "fr": {
        "guard.alert": "Demande de garde : {priority}, {service}",
        "guard.hear": "Un résultat attend que quelqu’un l’entende : {service}",
        "guard.handover": "La garde vous est proposée",
        "guard.drill": "EXERCICE de garde : aucun patient, aucune demande",
        "thread.urgent": "Un message urgent attend votre réponse",
        "rota.asked": "Une garde vous est demandée",
        "contact.code": "Votre code Guardline : {code}",
        "contact.test": "Message d’essai",
    },
    "en": {
        "guard.alert": "Guard request: {priority}, {service}",
        "guard.hear": "A result waits to be heard: {service}",
        "guard.handover": "The guard is offered to you",
        "guard.drill": "Guard DRILL: no patient, no request",
        "thread.urgent": "An urgent message waits for your answer",
        "rota.asked": "You are asked to take a shift",
        "contact.code": "Your Guardline code: {code}",
        "contact.test": "Test message",
    },
}
_DOES: Mapping[str, Mapping[str, str]] = {
    "it": {
        "open": "Apri Guardline:",
        "open-aloud": "Apri Guardline.",
        "code": "Vale 10 minuti. Se non l’hai chiesto tu, ignora questo messaggio.",
        "works": "Questo recapito funziona.",
    },
    "fr": {
        "open": "Ouvrez Guardline :",
        "open-aloud": "Ouvrez Guardline.",
        "code": "Il vaut 10 minutes. Si vous ne l’avez pas demandé, ignorez ce message.",
        "works": "Ce moyen de contact fonctionne.",
    },
    "en": {
        "open": "Open Guardline:",
        "open-aloud": "Open Guardline.",
        "code": "It is good for 10 minutes. If you did not ask for it, ignore this message.",
        "works": "This contact works.",
    },
}


@dataclass(frozen=True, slots=True)
class Words:
    """A message's subject, and its text with or without the link."""

    subject: str
    text: str


def words_of(message: Message, locale: str, link: str, code: str = "") -> Words:
    """What a message says; a voice spells digits and reads no link."""
    language = locale if locale in LOCALES else "en"
    is_aloud = message.channel is Kind.VOICE
    priority = _PRIORITIES[language].get(message.priority, message.priority)
    subject = _SUBJECTS[language][message.kind].format(
        priority=priority, service=message.service, code=" ".join(code) if is_aloud else code
    )
    does = _DOES[language]
    if message.kind == "contact.code":
        return Words(subject, f"{subject}. {does['code']}")
    if message.kind == "contact.test":
        return Words(subject, f"{subject}. {does['works']}")
    where = does["open-aloud"] if is_aloud else f"{does['open']} {link}"
    return Words(subject, f"{subject}. {where}")
