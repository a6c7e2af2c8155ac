"""Specialties of those who sit on a board, and which of them are medical."""

from __future__ import annotations

from enum import StrEnum


class Specialty(StrEnum):
    """As what a person sits on a board; the codes are stable, the words are the client's."""

    MEDICAL_ONCOLOGY = "medical_oncology"
    RADIATION_ONCOLOGY = "radiation_oncology"
    SURGERY = "surgery"
    RADIOLOGY = "radiology"
    PATHOLOGY = "pathology"
    NUCLEAR_MEDICINE = "nuclear_medicine"
    HAEMATOLOGY = "haematology"
    GASTROENTEROLOGY = "gastroenterology"
    PNEUMOLOGY = "pneumology"
    UROLOGY = "urology"
    GYNAECOLOGY = "gynaecology"
    NEUROLOGY = "neurology"
    OTOLARYNGOLOGY = "otolaryngology"
    DERMATOLOGY = "dermatology"
    GERIATRICS = "geriatrics"
    PALLIATIVE_CARE = "palliative_care"
    GENERAL_PRACTICE = "general_practice"
    PSYCHOLOGY = "psychology"
    NURSING = "nursing"
    PHARMACY = "pharmacy"
    MEDICAL_PHYSICS = "medical_physics"
    COORDINATION = "coordination"

    @property
    def is_medical(self) -> bool:
        """Whether it counts for the quorum, which is one of physicians."""
        return self not in _NOT_MEDICAL


_NOT_MEDICAL = frozenset(
    {
        Specialty.PSYCHOLOGY,
        Specialty.NURSING,
        Specialty.PHARMACY,
        Specialty.MEDICAL_PHYSICS,
        Specialty.COORDINATION,
    }
)
