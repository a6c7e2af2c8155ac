from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.documents import (
    NAME_LIMIT,
    Document,
    DocumentType,
    TypeRefused,
    clean_name,
    require_type,
)
from server.domain.errors import Conflict, Invalid, LimitExceeded
from server.domain.timeline import Sender
from server.domain.uploads import Announcement, Upload, UploadState

AT = datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=UTC)
SHA = "ab" * 32


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("referto.pdf", "referto.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\x.dcm", "C__temp_x.dcm"),
        ("  a \t b .png ", "a b .png"),
        ("nul\x00byte\u202egpj.exe", "nulbytegpj.exe"),
        ("é".encode().decode(), "é"),
    ],
)
def test_names_lose_what_could_mislead(given_name: str, shown: str) -> None:
    assert clean_name(given_name) == shown


@pytest.mark.parametrize("name", ["", "   ", "...", "\x00\u200b"])
def test_a_name_is_needed(name: str) -> None:
    with pytest.raises(Invalid):
        clean_name(name)


@given(st.text(min_size=1))
def test_no_name_is_a_path_or_too_long(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except Invalid:
        return
    assert 1 <= len(cleaned) <= NAME_LIMIT
    assert not set(cleaned) & set("/\\\x00\n")
    assert cleaned.strip(". ") == cleaned or len(cleaned) == NAME_LIMIT


def test_long_names_keep_their_extension() -> None:
    assert clean_name("x" * 300 + ".dcm") == "x" * (NAME_LIMIT - 4) + ".dcm"
    assert clean_name("x" * 300) == "x" * NAME_LIMIT
    assert clean_name("x." + "y" * 300) == ("x." + "y" * 300)[:NAME_LIMIT]


@pytest.mark.parametrize("declared", ["", "application/octet-stream", "Application/PDF; v=1"])
def test_bytes_decide_the_type(declared: str) -> None:
    assert require_type(declared, "application/pdf") is DocumentType.PDF


@pytest.mark.parametrize(
    ("declared", "sniffed"),
    [
        ("image/png", "application/pdf"),
        ("text/html", "application/pdf"),
        ("application/pdf", "text/html"),
        ("", None),
    ],
)
def test_other_types_and_contradictions_are_refused(declared: str, sniffed: str | None) -> None:
    with pytest.raises(TypeRefused):
        require_type(declared, sniffed)


def test_documents_tell_modality_only_of_dicom() -> None:
    sender = Sender("u1", "Ada")
    plain = Document("d1", "r1", "a.pdf", 3, SHA, DocumentType.PDF, AT, sender)
    assert plain.to_wire() == {
        "id": "d1",
        "name": "a.pdf",
        "bytes": 3,
        "sha256": SHA,
        "type": "application/pdf",
        "created_at": "2026-11-22T03:04:05.678Z",
        "sender": {"id": "u1", "name": "Ada"},
    }
    scan = Document("d2", "r1", "a", 3, SHA, DocumentType.DICOM, AT, sender, {"modality": "CT"})
    assert scan.to_wire()["dicom"] == {"modality": "CT"}


def announcement(**changes: object) -> Announcement:
    fields: dict[str, object] = {
        "room": "r1",
        "client_id": "c1",
        "name": "scan.dcm",
        "bytes": 10,
        "sha256": SHA,
        "type": "application/dicom",
    }
    return Announcement(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ""},
        {"client_id": "x" * 65},
        {"client_id": "\x00"},
        {"sha256": "AB" * 32},
        {"sha256": "ab"},
        {"bytes": 0},
        {"bytes": -1},
        {"name": " "},
    ],
)
def test_malformed_announcements_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        announcement(**changes).checked(100)


def test_announcements_keep_to_the_limits() -> None:
    assert announcement(sha256=None).checked(10).sha256 is None
    with pytest.raises(LimitExceeded):
        announcement(bytes=11).checked(10)
    with pytest.raises(TypeRefused):
        announcement(type="text/html").checked(10)


def test_an_upload_takes_what_was_announced_and_no_more() -> None:
    upload = Upload("u", Sender("p", "P"), announcement(), UploadState.OPEN, AT)
    upload.require_same(announcement(name="renamed.dcm"))
    upload.require_room_for(0, 10)
    with pytest.raises(Conflict):
        upload.require_same(announcement(bytes=9))
    for offset, size in ((1, 10), (-1, 1)):
        with pytest.raises(Invalid):
            upload.require_room_for(offset, size)
    assert (upload.expires_at - AT).total_seconds() == 24 * 3600
