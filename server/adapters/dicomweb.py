"""DICOMweb by aiohttp: looking for studies (QIDO-RS) and fetching them (WADO-RS, PS3.18 §10)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import (
    BodyPartReader,
    ClientError,
    ClientSession,
    ClientTimeout,
    encode_basic_auth,
)
from aiohttp.client import ClientResponse
from aiohttp.multipart import MultipartReader

from server.adapters.dicom import parse_date
from server.domain.errors import Unavailable
from server.domain.pacs import Endpoint, RemoteStudy

SILENCE_S = 30.0
"""A PACS that says nothing for so long has gone."""
FOUND_LIMIT = 100
FOUND_BYTES_LIMIT = 4 * 1024 * 1024
PIECE = 256 * 1024
_FIELDS = ("StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances")
_ANY_SYNTAX = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class DicomWeb:
    """One session per request: endpoints and their passwords differ."""

    async def find(
        self, endpoint: Endpoint, password: str | None, patient_id: str
    ) -> Sequence[RemoteStudy]:
        """Studies of a patient. Raises Unavailable."""
        query = [("PatientID", patient_id), ("limit", str(FOUND_LIMIT))]
        query += [("includefield", name) for name in _FIELDS]
        accept = {"Accept": "application/dicom+json"}
        async with (
            self._session(endpoint, password) as session,
            _asked(session, f"{endpoint.url}/studies", accept, query) as answer,
        ):
            if answer.status == 204:
                return []
            raw = await answer.content.read(FOUND_BYTES_LIMIT)
        return [_study(one) for one in _json(raw)]

    @asynccontextmanager
    async def fetch(
        self, endpoint: Endpoint, password: str | None, study_uid: str
    ) -> AsyncIterator[AsyncIterator[AsyncIterator[bytes]]]:
        """The instances of a study one after another, each in pieces. Raises Unavailable."""
        accept = {"Accept": _ANY_SYNTAX}
        async with (
            self._session(endpoint, password) as session,
            _asked(session, f"{endpoint.url}/studies/{study_uid}", accept, ()) as answer,
        ):
            yield _parts(answer)

    @asynccontextmanager
    async def _session(
        self, endpoint: Endpoint, password: str | None
    ) -> AsyncIterator[ClientSession]:
        headers = {}
        if endpoint.username is not None:
            pair = encode_basic_auth(endpoint.username, password or "", encoding="utf-8")
            headers["Authorization"] = pair
        timeout = ClientTimeout(total=None, sock_connect=SILENCE_S, sock_read=SILENCE_S)
        async with ClientSession(headers=headers, timeout=timeout) as session:
            yield session


@asynccontextmanager
async def _asked(
    session: ClientSession, url: str, headers: dict[str, str], query: Sequence[tuple[str, str]]
) -> AsyncIterator[ClientResponse]:
    try:
        async with session.get(url, headers=headers, params=query, allow_redirects=False) as answer:
            if answer.status not in (200, 204):
                raise Unavailable("The PACS refused.", status=answer.status)
            yield answer
    except (ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise Unavailable("The PACS does not answer.") from error


async def _parts(answer: ClientResponse) -> AsyncIterator[AsyncIterator[bytes]]:
    if not answer.content_type.startswith("multipart/"):
        raise Unavailable("The PACS sent something odd.")
    try:
        reader = MultipartReader.from_response(answer)
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader):
                yield _pieces(part)
    except ValueError as error:
        raise Unavailable("The PACS sent something odd.") from error


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(PIECE):
        yield piece


def _json(raw: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(raw or b"[]")
    except ValueError as error:
        raise Unavailable("The PACS sent something odd.") from error
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _study(found: dict[str, Any]) -> RemoteStudy:
    """One row of DICOM JSON (PS3.18 F.2)."""
    return RemoteStudy(
        uid=_text(found, "0020000D"),
        patient_id=_text(found, "00100020"),
        birth_date=parse_date(_text(found, "00100030")),
        description=_text(found, "00081030")[:200],
        modalities=tuple(str(one)[:16] for one in _values(found, "00080061"))[:20],
        study_date=_text(found, "00080020")[:16],
        instances=_number(_text(found, "00201208")),
    )


def _values(found: dict[str, Any], tag: str) -> list[Any]:
    element = found.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def _text(found: dict[str, Any], tag: str) -> str:
    values = _values(found, tag)
    return str(values[0]) if values and isinstance(values[0], str | int | float) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
