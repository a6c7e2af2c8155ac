"""Small DICOM files of invented patients."""

from __future__ import annotations

import io
import warnings
from typing import Any

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

SIDE = 16


def dicom(
    patient_id: str = "BNCNNA60E41F205X",
    birth_date: str = "19600501",
    *,
    study: str | None = None,
    series: str | None = None,
    number: int = 1,
    description: str = "TC torace",
) -> bytes:
    """A grey secondary capture (PS3.3 A.8.1)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _written(_image(patient_id, birth_date, study, series, number, description))


def _image(
    patient_id: str,
    birth_date: str,
    study: str | None,
    series: str | None,
    number: int,
    description: str,
) -> Any:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image: Any = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    image.SOPClassUID = meta.MediaStorageSOPClassUID
    image.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    image.StudyInstanceUID = study or generate_uid()
    image.SeriesInstanceUID = series or generate_uid()
    image.PatientName = "Bianchi^Anna"
    image.PatientID = patient_id
    image.PatientBirthDate = birth_date
    image.PatientSex = "F"
    image.Modality = "OT"
    image.StudyDate, image.StudyTime = "20261120", "101500"
    image.StudyID, image.AccessionNumber = "1", ""
    image.ReferringPhysicianName = ""
    image.StudyDescription = description
    image.SeriesNumber, image.InstanceNumber = 1, number
    image.ConversionType = "WSD"
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows = image.Columns = SIDE
    image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
    image.PixelRepresentation = 0
    image.PixelData = bytes(range(256))[: SIDE * SIDE]
    return image


def _written(image: Any) -> bytes:
    target = io.BytesIO()
    image.save_as(target, enforce_file_format=True)
    return target.getvalue()
