from __future__ import annotations

import asyncio
import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file

from server.adapters.blobs import DiskBlobs
from server.domain.errors import LimitExceeded, NotFound
from server.domain.uploads import OffsetMismatch, UploadBusy

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path, reserve_bytes=0)


def image(kind: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, kind)
    return buffer.getvalue()


def scan() -> bytes:
    path = get_testdata_file("CT_small.dcm")
    assert isinstance(path, str)
    return Path(path).read_bytes()


async def test_bytes_follow_one_another(blobs: DiskBlobs) -> None:
    assert await blobs.size("b1") == 0
    assert await blobs.append("b1", 0, b"abc") == 3
    assert await blobs.append("b1", 3, b"def") == 6
    assert await blobs.size("b1") == 6
    for wrong in (0, 5, 7):
        with pytest.raises(OffsetMismatch) as refused:
            await blobs.append("b1", wrong, b"x")
        assert refused.value.details["offset"] == 6
    assert await blobs.digest("b1") == hashlib.sha256(b"abcdef").hexdigest()


async def test_two_writers_never_interleave(blobs: DiskBlobs) -> None:
    answers = await asyncio.gather(
        *(blobs.append("b1", 0, bytes([n]) * 1000) for n in range(20)), return_exceptions=True
    )
    assert answers.count(1000) == 1
    assert {type(one) for one in answers} <= {int, OffsetMismatch, UploadBusy}
    assert await blobs.size("b1") == 1000


async def test_promoted_files_are_read_in_pieces(blobs: DiskBlobs, tmp_path: Path) -> None:
    await blobs.append("b1", 0, b"0123456789")
    with pytest.raises(NotFound):
        await blobs.read("b1", 0, 4)
    await blobs.promote("b1")
    await blobs.promote("b1")
    assert await blobs.is_whole("b1")
    assert await blobs.read("b1", 8, 4) == b"89"
    assert await blobs.digest("b1") == hashlib.sha256(b"0123456789").hexdigest()
    await blobs.delete("b1")
    await blobs.delete("b1")
    assert not await blobs.is_whole("b1")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (image("PNG"), "image/png"),
        (image("JPEG"), "image/jpeg"),
        (image("WEBP"), "image/webp"),
        (scan(), "application/dicom"),
    ],
)
async def test_accepted_types_are_recognised(blobs: DiskBlobs, content: bytes, kind: str) -> None:
    await blobs.append("b1", 0, content)
    assert (await blobs.inspect("b1"))[0] == kind


async def test_dicom_tells_modality_and_date_only(blobs: DiskBlobs) -> None:
    await blobs.append("b1", 0, scan())
    _, dicom = await blobs.inspect("b1")
    assert dicom == {"modality": "CT", "study_date": "20040119"}


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"MZ" + bytes(200),
        b"\x7fELF" + bytes(200),
        b"plain words",
        b"\x00",
        bytes(128) + b"DICM",
        bytes(128) + b"DICM" + b"\xff" * 500,
    ],
)
async def test_anything_else_is_not(blobs: DiskBlobs, content: bytes) -> None:
    await blobs.append("b1", 0, content)
    kind, _ = await blobs.inspect("b1")
    assert kind not in {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/webp",
        "application/dicom",
    }


async def test_a_full_disk_is_told_beforehand(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded):
        await DiskBlobs(tmp_path).require_space(1 << 60)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8), st.data())
async def test_any_order_of_attempts_rebuilds_the_file(
    tmp_path_factory: Any, chunks: list[bytes], data: Any
) -> None:
    blobs = DiskBlobs(tmp_path_factory.mktemp("blobs"))
    whole = b"".join(chunks)
    offsets = [sum(map(len, chunks[:n])) for n in range(len(chunks))]
    pending = dict(zip(offsets, chunks, strict=True))
    while (at := await blobs.size("b")) < len(whole):
        tried = data.draw(st.sampled_from(sorted(pending)))
        try:
            await blobs.append("b", tried, pending[tried])
        except OffsetMismatch:
            await blobs.append("b", at, pending[at])
    assert await blobs.digest("b") == hashlib.sha256(whole).hexdigest()
