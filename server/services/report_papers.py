"""A report on paper, in the language of its reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from server.domain.instants import rfc3339
from server.domain.patients import Patient
from server.domain.reports import Report, ReportKind, ReportState, ReportUnsigned
from server.domain.televisit_records import Verdict
from server.services.ports.papers import Paper
from server.services.ports.unit_of_work import UnitOfWork

_WORDS: Mapping[str, Mapping[str, str]] = {
    "it": {
        "guard": "Referto di guardia",
        "consultation": "Relazione di teleconsulto",
        "televisit": "Referto di televisita",
        "telereport": "Telereferto",
        "patient": "Paziente",
        "birth_date": "Data di nascita",
        "identifier": "Identificativo",
        "about": "Oggetto",
        "state": "Stato",
        "interim": "Provvisorio",
        "final": "Definitivo",
        "findings": "Reperti",
        "conclusion": "Conclusioni",
        "attestation": "Immagini lette su",
        "criticals": "Reperti critici",
        "heard": "comunicato a {receiver} il {at}, riletto",
        "unheard": "non ancora comunicato",
        "addendum": "Addendum",
        "signed": "Firmato da {name}, {qualification}, il {at} (versione {version})",
        "link": "Collegamento del paziente",
        "link.good": "buono",
        "link.fair": "discreto",
        "link.poor": "scadente",
        "link.measured": "misurato dal server: {score} su 5, {rtt} ms, {loss} % di pacchetti persi",
        "link.unmeasured": "non misurato",
        "comma": ",",
        "note": "Prodotto da un software che non è un dispositivo medico.",
    },
    "fr": {
        "guard": "Compte rendu de garde",
        "consultation": "Compte rendu de téléexpertise",
        "televisit": "Compte rendu de téléconsultation",
        "telereport": "Compte rendu à distance",
        "patient": "Patient",
        "birth_date": "Date de naissance",
        "identifier": "Identifiant",
        "about": "Objet",
        "state": "État",
        "interim": "Provisoire",
        "final": "Définitif",
        "findings": "Constatations",
        "conclusion": "Conclusion",
        "attestation": "Images lues sur",
        "criticals": "Résultats critiques",
        "heard": "communiqué à {receiver} le {at}, relu",
        "unheard": "pas encore communiqué",
        "addendum": "Addendum",
        "signed": "Signé par {name}, {qualification}, le {at} (version {version})",
        "link": "Liaison du patient",
        "link.good": "bonne",
        "link.fair": "moyenne",
        "link.poor": "mauvaise",
        "link.measured": "mesurée par le serveur : {score} sur 5, {rtt} ms, {loss} % de pertes",
        "link.unmeasured": "non mesurée",
        "comma": ",",
        "note": "Produit par un logiciel qui n'est pas un dispositif médical.",
    },
    "en": {
        "guard": "Guard report",
        "consultation": "Teleconsult report",
        "televisit": "Televisit report",
        "telereport": "Telereport",
        "patient": "Patient",
        "birth_date": "Date of birth",
        "identifier": "Identifier",
        "about": "Subject",
        "state": "State",
        "interim": "Interim",
        "final": "Final",
        "findings": "Findings",
        "conclusion": "Conclusion",
        "attestation": "Images read on",
        "criticals": "Critical findings",
        "heard": "told to {receiver} on {at}, read back",
        "unheard": "not told yet",
        "addendum": "Addendum",
        "signed": "Signed by {name}, {qualification}, on {at} (version {version})",
        "link": "Patient's link",
        "link.good": "good",
        "link.fair": "fair",
        "link.poor": "poor",
        "link.measured": "measured by the server: {score} of 5, {rtt} ms, {loss} % lost",
        "link.unmeasured": "not measured",
        "comma": ".",
        "note": "Made by software that is not a medical device.",
    },
}


async def paper_of(uow: UnitOfWork, report: Report, locale: str) -> Paper:
    """A report as signed on paper, patient included. Raises ReportUnsigned."""
    if report.signed_version is None:
        raise ReportUnsigned
    patient = None if report.patient is None else await uow.patients.find(report.patient)
    visit = None
    if report.kind is ReportKind.TELEVISIT:
        visit = await uow.televisits.find(report.subject)
    return compose(report, patient, locale, visit.verdict if visit else None)


def compose(
    report: Report, patient: Patient | None, locale: str, verdict: Verdict | None = None
) -> Paper:
    """Facts, sections and signatures; times in UTC. `verdict` is a televisit's."""
    words = _WORDS[locale]
    facts = [] if patient is None else _identity(patient, words)
    facts.append((words["about"], report.title))
    state = "final" if report.state is ReportState.FINAL else "interim"
    facts.append((words["state"], words[state]))
    if verdict is not None and verdict.link_quality is not None:
        facts.append((words["link"], _link(verdict, words)))
    if report.attestation:
        facts.append((words["attestation"], report.attestation))
    return Paper(
        title=words[report.kind.value],
        locale=locale,
        facts=facts,
        sections=_sections(report, words),
        signatures=[
            f"{_signed(words, one.name, one.qualification, one.at, one.version)}\n"
            f"SHA-256 {one.sha256}"
            for one in report.signatures
        ],
        notes=[words["note"]],
    )


def _identity(patient: Patient, words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (words["patient"], patient.name),
        (words["birth_date"], patient.birth_date.isoformat()),
        (words["identifier"], patient.identifier),
    ]


def _link(verdict: Verdict, words: Mapping[str, str]) -> str:
    said = words[f"link.{verdict.link_quality}"]
    seen = verdict.measured
    if seen is None:
        return f"{said} ({words['link.unmeasured']})"
    loss = f"{seen.loss * 100:.1f}".replace(".", words["comma"])
    score = f"{seen.score:.1f}".replace(".", words["comma"])
    measured = words["link.measured"].format(score=score, rtt=round(seen.rtt_ms), loss=loss)
    return f"{said} ({measured})"


def _sections(report: Report, words: Mapping[str, str]) -> list[tuple[str, str]]:
    sections = [(words["findings"], report.findings), (words["conclusion"], report.conclusion)]
    if report.criticals:
        lines = []
        for one in report.criticals:
            heard = words["unheard"]
            if one.read_back and one.told_at is not None:
                heard = words["heard"].format(receiver=one.receiver, at=_moment(one.told_at))
            lines.append(f"• {one.text} ({heard})")
        sections.append((words["criticals"], "\n".join(lines)))
    for added in report.addenda:
        by = f"{added.name}, {added.qualification}, {_moment(added.at)}"
        sections.append((words["addendum"], f"{added.text}\n{by}\nSHA-256 {added.sha256}"))
    return [(heading, text) for heading, text in sections if text]


def _signed(
    words: Mapping[str, str], name: str, qualification: str, at: datetime, version: int
) -> str:
    return words["signed"].format(
        name=name, qualification=qualification, at=_moment(at), version=version
    )


def _moment(at: datetime) -> str:
    return rfc3339(at)[:16].replace("T", " ") + " UTC"
