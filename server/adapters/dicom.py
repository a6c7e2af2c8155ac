"""Reading DICOM headers by pydicom: who and where, never the pixels."""

from __future__ import annotations

import warnings
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import UID

from server.domain.studies import ImageTags

_WANTED = [
    "PatientID",
    "OtherPatientIDsSequence",
    "PatientBirthDate",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
]
_UID_CHARACTERS = 64


def read_tags(path: Path) -> ImageTags | None:
    """The header of a file (PS3.10); None when it is no readable DICOM."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset: Any = dcmread(path, stop_before_pixels=True, specific_tags=_WANTED)
            others = dataset.get("OtherPatientIDsSequence") or ()
            ids = [dataset.get("PatientID"), *(each.get("PatientID") for each in others)]
            return ImageTags(
                patient_ids=tuple(str(each) for each in ids if each),
                birth_date=parse_date(str(dataset.get("PatientBirthDate") or "")),
                study_uid=_uid(dataset.get("StudyInstanceUID")),
                series_uid=_uid(dataset.get("SeriesInstanceUID")),
                instance_uid=_uid(dataset.get("SOPInstanceUID")),
            )
    except Exception:  # a parser of hostile input may raise anything
        return None


def parse_date(text: str) -> date | None:
    """A DICOM date, YYYYMMDD (PS3.5 §6.2); None when it is something else."""
    try:
        return datetime.strptime(text.strip(), "%Y%m%d").date()
    except ValueError:
        return None


def _uid(value: Any) -> str:
    text = str(value or "")[:_UID_CHARACTERS]
    return text if UID(text).is_valid else ""
