"""PACS and pulls over HTTP."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from server.domain.pacs import NAME_LIMIT, URL_LIMIT, Endpoint
from server.services.idempotency import StoredAnswer
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes, answered, once, respond_stored
from server.web.studies import Id, PullView

routes = Routes("pacs")


class EndpointBody(Strict):
    """A hospital's DICOMweb service."""

    organisation: Id
    name: Annotated[str, Field(min_length=1, max_length=NAME_LIMIT)]
    url: Annotated[str, Field(min_length=1, max_length=URL_LIMIT)]
    username: Annotated[str, Field(max_length=120)] | None = None
    password: Annotated[str, Field(max_length=200)] | None = Field(default=None, repr=False)


class SearchBody(Strict):
    """Where to look for the case's patient."""

    pacs: Id


class PullBody(Strict):
    """What to bring (a DICOM UID, PS3.5 §9)."""

    pacs: Id
    study_uid: Annotated[str, Field(pattern=r"^[0-9.]{1,64}$")]


class EndpointView(View):
    """An endpoint, without its password."""

    id: str
    organisation: str
    name: str
    url: str
    username: str | None

    @classmethod
    def of(cls, endpoint: Endpoint) -> EndpointView:
        """The view of an endpoint."""
        return cls.model_validate(endpoint.to_wire())


class EndpointsView(View):
    """By name."""

    items: list[EndpointView]


class PlaceView(View):
    """A PACS to choose."""

    id: str
    name: str


class PlacesView(View):
    """By name."""

    items: list[PlaceView]


class RemoteView(View):
    """A study of the patient, elsewhere."""

    uid: str
    description: str
    modalities: list[str]
    study_date: str
    instances: int


class RemotesView(View):
    """What the PACS offers."""

    items: list[RemoteView]


@routes.get("/api/v1/pacs", answers={200: EndpointsView}, administrator=True)
async def index(call: Call[Nothing, Nothing]) -> Answer:
    """List the network's PACS."""
    found = await call.services.care.tele.pacs.all(call.actor)
    return Answer(200, EndpointsView(items=[EndpointView.of(one) for one in found]))


@routes.post(
    "/api/v1/pacs",
    body=EndpointBody,
    answers={201: EndpointView},
    administrator=True,
    creates=True,
)
async def create(call: Call[EndpointBody, Nothing]) -> Answer:
    """Name a hospital's PACS."""
    body = call.body
    endpoint = await call.services.care.tele.pacs.add(
        call.actor, body.organisation, body.name, body.url, body.username, body.password
    )
    return Answer(201, EndpointView.of(endpoint))


@routes.delete("/api/v1/pacs/{pacs}", answers={204: None}, administrator=True)
async def remove(call: Call[Nothing, Nothing]) -> Answer:
    """Forget a PACS."""
    await call.services.care.tele.pacs.remove(call.actor, call.path["pacs"])
    return Answer(204)


@routes.get("/api/v1/studies/{id}/pacs", answers={200: PlacesView})
async def places(call: Call[Nothing, Nothing]) -> Answer:
    """List the PACS of the hospital that asked."""
    found = await call.services.care.tele.pacs.of_study(call.actor, call.path["id"])
    return Answer(200, PlacesView(items=[PlaceView(id=one.id, name=one.name) for one in found]))


@routes.post("/api/v1/studies/{id}/pacs/search", body=SearchBody, answers={200: RemotesView})
async def search(call: Call[SearchBody, Nothing]) -> Answer:
    """Look for the case's patient in a PACS."""
    found = await call.services.care.tele.pacs.search(call.actor, call.path["id"], call.body.pacs)
    items = [RemoteView.model_validate(one.to_wire()) for one in found]
    return Answer(200, RemotesView(items=items))


@routes.post("/api/v1/studies/{id}/pulls", body=PullBody, answers={202: PullView}, own_key=True)
async def pull(call: Call[PullBody, Nothing]) -> web.StreamResponse:
    """Bring a study from a PACS; its progress stands in the study."""
    desk, study, body = call.services.care.tele.pacs, call.path["id"], call.body
    said = body.model_dump_json().encode()
    stored = await answered(call, said)
    if stored is None:  # no transaction waits for the PACS
        wanted = await desk.offered(call.actor, study, body.pacs, body.study_uid)

        async def produce() -> StoredAnswer:
            asked = await desk.pull(call.actor, study, body.pacs, wanted)
            return StoredAnswer(202, PullView.model_validate(asked.to_wire()).model_dump_json())

        stored = await once(call, said, produce)
    return respond_stored(stored)
