"""A consultation on paper: the case, every opinion, the synthesis, disagreement and outcome.

HL7 Italia, Relazione collaborativa: only what is signed counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.domain.access import Actor
from server.domain.consultations import Move
from server.domain.errors import Conflict
from server.domain.instants import rfc3339
from server.domain.opinions import Opinion, Seal, Synthesis
from server.services.consultation_views import Sight, insight, sight
from server.services.ports.clock import Clock
from server.services.ports.papers import Paper, Papers
from server.services.ports.unit_of_work import Database

_WORDS: Mapping[str, Mapping[str, str]] = {
    "it": {
        "title": "Relazione di teleconsulto",
        "patient": "Paziente",
        "birth_date": "Data di nascita",
        "identifier": "Identificativo",
        "case": "Caso",
        "requester": "Medico richiedente",
        "centre": "Centro esperto",
        "expert": "Esperto",
        "appointment": "Appuntamento",
        "outcome": "Esito",
        "eligible": "Eleggibile",
        "not_eligible": "Non eleggibile",
        "data_missing": "Dati mancanti",
        "open": "In corso",
        "diagnosis": "Diagnosi",
        "question": "Quesito",
        "prior_treatment": "Trattamenti precedenti",
        "supplement": "Integrazione del {at}",
        "opinion": "Parere di {name}, {qualification}: {position}",
        "synthesis": "Sintesi del richiedente",
        "disagreement": "Disaccordo persistente",
        "round": "Consulto n. {round}",
        "signed": "{what}: firmato da {name}, {qualification}, il {at}",
        "an-opinion": "Parere",
        "note": "Prodotto da un software che non è un dispositivo medico.",
    },
    "fr": {
        "title": "Compte rendu de téléexpertise",
        "patient": "Patient",
        "birth_date": "Date de naissance",
        "identifier": "Identifiant",
        "case": "Dossier",
        "requester": "Médecin demandeur",
        "centre": "Centre expert",
        "expert": "Expert",
        "appointment": "Rendez-vous",
        "outcome": "Conclusion",
        "eligible": "Éligible",
        "not_eligible": "Non éligible",
        "data_missing": "Données manquantes",
        "open": "En cours",
        "diagnosis": "Diagnostic",
        "question": "Question posée",
        "prior_treatment": "Traitements antérieurs",
        "supplement": "Complément du {at}",
        "opinion": "Avis de {name}, {qualification} : {position}",
        "synthesis": "Synthèse du demandeur",
        "disagreement": "Désaccord persistant",
        "round": "Téléexpertise n° {round}",
        "signed": "{what} : signé par {name}, {qualification}, le {at}",
        "an-opinion": "Avis",
        "note": "Produit par un logiciel qui n'est pas un dispositif médical.",
    },
    "en": {
        "title": "Teleconsult report",
        "patient": "Patient",
        "birth_date": "Date of birth",
        "identifier": "Identifier",
        "case": "Case",
        "requester": "Requesting doctor",
        "centre": "Expert centre",
        "expert": "Expert",
        "appointment": "Appointment",
        "outcome": "Outcome",
        "eligible": "Eligible",
        "not_eligible": "Not eligible",
        "data_missing": "Data missing",
        "open": "Under way",
        "diagnosis": "Diagnosis",
        "question": "Question",
        "prior_treatment": "Prior treatment",
        "supplement": "Supplement of {at}",
        "opinion": "Opinion of {name}, {qualification}: {position}",
        "synthesis": "The requester's synthesis",
        "disagreement": "Persistent disagreement",
        "round": "Consult no. {round}",
        "signed": "{what}: signed by {name}, {qualification}, on {at}",
        "an-opinion": "Opinion",
        "note": "Made by software that is not a medical device.",
    },
}


class NothingSigned(Conflict):
    """There is nothing to print yet."""

    code = "nothing-signed"
    message = "Nobody has signed anything yet."


class ConsultationPapers:
    """Use case of the report."""

    def __init__(self, database: Database, clock: Clock, papers: Papers) -> None:
        self._database = database
        self._clock = clock
        self._papers = papers

    async def paper(self, actor: Actor, consultation: str, locale: str) -> bytes:
        """The report as PDF. Raises NothingSigned, NotFound."""
        now = self._clock.now()
        async with self._database.reading() as uow:
            seen = await sight(uow, await insight(uow, actor, consultation), now)
        return await self._papers.render(compose(seen, locale))


def compose(seen: Sight, locale: str) -> Paper:
    """Facts, sections and signatures; times in UTC. Raises NothingSigned."""
    words = _WORDS[locale]
    opinions = [one for one in seen.opinions if one.seal is not None]
    syntheses = [one for one in seen.syntheses if one.seal is not None]
    if not opinions and not syntheses:
        raise NothingSigned
    return Paper(
        title=words["title"],
        locale=locale,
        facts=list(_facts(seen, words)),
        sections=[*_case(seen, words), *_rounds(opinions, syntheses, words)],
        signatures=[
            *(_signed(words, words["an-opinion"], one.seal) for one in opinions if one.seal),
            *(_signed(words, words["synthesis"], one.seal) for one in syntheses if one.seal),
        ],
        notes=[words["note"]],
    )


def _facts(seen: Sight, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    one, patient = seen.seen.consultation, seen.patient
    yield words["patient"], patient.name
    yield words["birth_date"], patient.birth_date.isoformat()
    yield words["identifier"], patient.identifier
    yield words["case"], one.title
    yield words["requester"], one.requester_name
    if one.appointment is not None:
        yield words["centre"], seen.organisations.get(one.appointment.centre, "")
        yield words["expert"], one.appointment.expert_name
        yield words["appointment"], rfc3339(one.appointment.starts_at)
    yield words["outcome"], words[one.outcome.value if one.outcome else "open"]


def _case(seen: Sight, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    one = seen.seen.consultation
    yield words["diagnosis"], one.case.diagnosis
    yield words["question"], one.case.question
    if one.case.prior_treatment:
        yield words["prior_treatment"], one.case.prior_treatment
    for step in one.steps:
        if step.move is Move.SUPPLEMENTED:
            yield words["supplement"].format(at=rfc3339(step.at)), step.note


def _rounds(
    opinions: list[Opinion], syntheses: list[Synthesis], words: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    rounds = sorted({one.round for one in opinions} | {one.round for one in syntheses})
    for turn in rounds:
        prefix = f"{words['round'].format(round=turn)} · " if len(rounds) > 1 else ""
        for opinion in opinions:
            if opinion.round == turn and opinion.seal and opinion.position:
                heading = words["opinion"].format(
                    name=opinion.seal.name,
                    qualification=opinion.seal.qualification,
                    position=words[opinion.position.value],
                )
                yield prefix + heading, opinion.text
        for synthesis in syntheses:
            if synthesis.round == turn and synthesis.outcome:
                outcome = words[synthesis.outcome.value]
                yield f"{prefix}{words['synthesis']}: {outcome}", synthesis.text
                if synthesis.disagreement:
                    yield prefix + words["disagreement"], synthesis.disagreement


def _signed(words: Mapping[str, str], what: str, seal: Seal) -> str:
    line = words["signed"].format(
        what=what, name=seal.name, qualification=seal.qualification, at=rfc3339(seal.at)
    )
    return f"{line}\nSHA-256 {seal.sha256}"
