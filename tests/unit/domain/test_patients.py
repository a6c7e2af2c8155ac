from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server.domain.errors import Invalid
from server.domain.patients import OLDEST, Identity, Patient, PatientMismatch

TODAY = date(2026, 11, 22)
IDENTITY = Identity.of(" Ada   Demo ", date(1950, 3, 1), "dmo ada50c41 f205x", TODAY)
PATIENT = Patient("p", "Ada Demo", date(1950, 3, 1), "DMOADA50C41F205X")


def test_identifiers_are_written_in_one_way() -> None:
    assert (IDENTITY.name, IDENTITY.identifier) == ("Ada Demo", "DMOADA50C41F205X")


@pytest.mark.parametrize(
    ("name", "born", "identifier", "path"),
    [
        ("", date(1950, 3, 1), "X", "name"),
        ("A" * 121, date(1950, 3, 1), "X", "name"),
        ("A\0", date(1950, 3, 1), "X", "name"),
        ("Ada", date(1950, 3, 1), " ", "identifier"),
        ("Ada", date(1950, 3, 1), "X" * 65, "identifier"),
        ("Ada", date(1950, 3, 1), "X\0", "identifier"),
        ("Ada", TODAY + timedelta(days=1), "X", "birth_date"),
        ("Ada", OLDEST - timedelta(days=1), "X", "birth_date"),
    ],
)
def test_nonsense_is_refused(name: str, born: date, identifier: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        Identity.of(name, born, identifier, TODAY)
    assert refused.value.details["path"] == path


def test_both_identifiers_must_agree_and_the_name_need_not() -> None:
    PATIENT.require(IDENTITY)
    PATIENT.require(replace(IDENTITY, name="Ada D."))
    with pytest.raises(PatientMismatch):
        PATIENT.require(replace(IDENTITY, birth_date=date(1951, 3, 1)))
    with pytest.raises(PatientMismatch):
        PATIENT.require(replace(IDENTITY, identifier="OTHER"))


def test_on_the_wire() -> None:
    assert PATIENT.to_wire() == {
        "id": "p",
        "name": "Ada Demo",
        "birth_date": "1950-03-01",
        "identifier": "DMOADA50C41F205X",
    }
