"""Finding a patient by two identifiers, or making the patient known."""

from __future__ import annotations

from server.domain.patients import Identity, Patient, PatientMismatch
from server.services.ports.clock import Fresh
from server.services.ports.unit_of_work import UnitOfWork


async def identify(uow: UnitOfWork, identity: Identity, fresh: Fresh) -> Patient:
    """The patient of both identifiers, made when new. Raises PatientMismatch."""
    known = await uow.patients.by_identifier(identity.identifier)
    if known is None:
        patient = Patient(fresh.id(), identity.name, identity.birth_date, identity.identifier)
        if await uow.patients.add(patient):
            return patient
        known = await uow.patients.by_identifier(identity.identifier)
    if known is None:
        raise PatientMismatch
    known.require(identity)
    return known
