"""The organisations of the network, and the people to work with."""

from __future__ import annotations

from pydantic import Field

from server.domain.organisations import Kind
from server.web.accounts import Text
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("organisations")


class OrganisationView(View):
    """One member of the network."""

    id: str
    name: str
    kind: Kind
    demo: bool


class OrganisationsView(View):
    """All of them."""

    items: list[OrganisationView]


class PeopleQuery(Strict):
    """Part of a name."""

    q: Text = Field(default="", max_length=100)
    cursor: Text | None = Field(default=None, max_length=80)
    limit: int = Field(default=50, ge=1, le=200)


class ColleagueView(View):
    """What everybody with an account may know of a person."""

    id: str
    name: str
    profession: str
    organisation_name: str


class PeopleView(View):
    """A page of people."""

    items: list[ColleagueView]
    next: str | None


@routes.get("/api/v1/organisations", answers={200: OrganisationsView}, public=True)
async def read(call: Call[Nothing, Nothing]) -> Answer:
    """Every organisation, by name."""
    items = [
        OrganisationView(id=one.id, name=one.name, kind=one.kind, demo=one.is_demo)
        for one in await call.services.organisations.all()
    ]
    return Answer(200, OrganisationsView(items=items))


@routes.get("/api/v1/people", query=PeopleQuery, answers={200: PeopleView})
async def people(call: Call[Nothing, PeopleQuery]) -> Answer:
    """Colleagues whose name contains the text."""
    query = call.query
    page = await call.services.accounts.colleagues(call.actor, query.q, query.cursor, query.limit)
    items = [
        ColleagueView(
            id=one.id,
            name=one.name,
            profession=one.profession,
            organisation_name=one.organisation_name,
        )
        for one in page.items
    ]
    return Answer(200, PeopleView(items=items, next=page.next))
