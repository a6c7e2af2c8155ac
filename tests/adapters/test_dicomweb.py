"""DICOMweb against Debian's Orthanc, and against servers that misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydicom.uid import generate_uid

from server.adapters.dicomweb import DicomWeb
from server.domain.errors import Unavailable
from server.domain.pacs import Endpoint
from tests.dicom import dicom
from tests.servers import orthanc


def endpoint(url: str, user: str | None = orthanc.USER) -> Endpoint:
    return Endpoint("e", "o", "PACS", f"{url}/dicom-web", user)


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_a_study_is_found_and_fetched(orthanc_url: str) -> None:
    study, patient = generate_uid(), f"P{generate_uid()[-10:]}"
    files = [dicom(patient, study=study, number=number) for number in (1, 2, 3)]
    for each in files:
        orthanc.store(orthanc_url, each)
    there = endpoint(orthanc_url)
    (found,) = await DicomWeb().find(there, orthanc.PASSWORD, patient)
    assert (found.uid, found.patient_id) == (study, patient)
    assert found.birth_date == date(1960, 5, 1)
    assert (found.description, found.instances) == ("TC torace", 3)
    async with DicomWeb().fetch(there, orthanc.PASSWORD, study) as parts:
        got = [await whole(pieces) async for pieces in parts]
    assert all(each[128:132] == b"DICM" for each in got)
    assert len(got) == len(files)
    assert await DicomWeb().find(there, orthanc.PASSWORD, "nobody") == []


async def test_a_wrong_password_is_unavailable(orthanc_url: str) -> None:
    with pytest.raises(Unavailable):
        await DicomWeb().find(endpoint(orthanc_url), "wrong", "P")


async def test_a_pacs_that_is_off_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await DicomWeb().find(endpoint("http://127.0.0.1:9", None), None, "P")


async def test_nonsense_is_unavailable_and_redirects_are_not_followed() -> None:
    async def odd(request: web.Request) -> web.Response:
        if "Elsewhere" in request.query_string:
            raise web.HTTPFound("http://127.0.0.1:9/")
        return web.Response(text="<html>")

    app = web.Application()
    app.router.add_get("/dicom-web/studies", odd)
    app.router.add_get("/dicom-web/studies/1.2", odd)
    async with TestServer(app) as server:
        there = endpoint(str(server.make_url("")).rstrip("/"), None)
        for patient in ("P", "Elsewhere"):
            with pytest.raises(Unavailable):
                await DicomWeb().find(there, None, patient)
        with pytest.raises(Unavailable):
            async with DicomWeb().fetch(there, None, "1.2") as parts:
                [await whole(pieces) async for pieces in parts]
