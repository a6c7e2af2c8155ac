"""Rooms over HTTP: shapes, statuses, and who gets nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields
from itertools import count
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.adapters.database.idempotency import IdempotencyRows
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.domain.access import Actor
from server.services.idempotency import Idempotency
from server.services.tokens import Tokens
from server.web import app, invitations, members, rooms, timeline
from server.web.metrics import Metrics
from server.web.services import Services
from tests.services.conftest import AddUser, FakeClock
from tests.services.rooms_cast import Cast

ROUTES = [*rooms.routes.all, *members.routes.all, *invitations.routes.all, *timeline.routes.all]
Json = dict[str, Any]


class Api:
    """A client that speaks for one person."""

    def __init__(self, http: TestClient[Any, Any], token: str | None) -> None:
        self._http = http
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def __call__(
        self, method: str, path: str, body: Json | None = None, **headers: str
    ) -> tuple[int, Json]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._http.request(
            method, f"/api/v1/{path}", json=body, headers=self._headers | sent
        ) as answer:
            return answer.status, {} if answer.status == 204 else await answer.json()


class Door:
    """The served application."""

    def __init__(self, http: TestClient[Any, Any], cast: Cast) -> None:
        self.http = http
        self.cast = cast

    def by(self, person: Actor | str | None) -> Api:
        if isinstance(person, Actor):
            assert person.session is not None
            person = self.cast.tokens.mint_access(person.person, person.session).token
        return Api(self.http, person)


@pytest.fixture
async def door(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, tokens: Tokens
) -> AsyncIterator[Door]:
    cast = Cast.of(database, clock, fresh, tokens)
    known: Json = {
        "clock": clock,
        "fresh": fresh,
        "idempotency": Idempotency(database, clock),
    }
    named: Json = {each.name: getattr(cast, each.name, None) for each in fields(Services)}
    named |= known
    services = Services(**named)
    served = app.create(services, ROUTES, Metrics(clock), app.Edge(version="test"))
    async with TestClient(TestServer(served)) as http:
        yield Door(http, cast)


async def test_a_room_from_creation_to_a_guests_message(door: Door, add_user: AddUser) -> None:
    ada, ben = door.by(await add_user("Ada")), await add_user("Ben")
    status, room = await ada(
        "POST", "rooms", {"title": "Case 12", "members": [{"user": ben.person, "role": "member"}]}
    )
    assert status == 201
    assert set(room) == {
        *("id", "title", "kind", "state", "scheduled_at", "duration_minutes", "lobby", "locked"),
        *("created_at", "created_by", "seq", "my_role", "my_grants", "members_count"),
        *("people_present", "unread", "recordable", "encrypted"),
    }
    path = f"rooms/{room['id']}"
    status, invited = await ada("POST", f"{path}/invitations", {"name": "Gabi"})
    assert status == 201
    code = invited["link"].partition("#")[2]
    status, arrival = await door.by(None)("POST", "invitations/redeem", {"code": code})
    assert (status, set(arrival)) == (200, {"room_token", "expires_in", "room", "person", "resume"})
    gabi = door.by(arrival["room_token"])
    message = {"client_id": "c1", "text": "Good morning", "urgent": True}
    assert (await gabi("POST", f"{path}/messages", message))[1]["code"] == "waiting"
    status, member = await ada("POST", f"{path}/admit", {"person": arrival["person"]})
    assert (status, member["state"], member["is_guest"]) == (200, "active", True)
    status, posted = await gabi("POST", f"{path}/messages", message)
    assert (status, posted["event"]["data"]) == (201, {"text": "Good morning", "urgent": True})
    assert await gabi("POST", f"{path}/messages", message) == (200, posted)
    status, page = await door.by(ben)("GET", f"{path}/events?after=1&limit=2")
    assert status == 200
    assert ([each["seq"] for each in page["events"]], page["more"]) == ([2, 3], True)
    assert "client_id" not in page["events"][0]
    status, snapshot = await gabi("GET", f"{path}/snapshot")
    assert (status, snapshot["seq"]) == (200, page["seq"])
    assert snapshot["messages"][0]["text"] == "Good morning"
    status, minted = await gabi("POST", f"{path}/tokens")
    assert (status, minted["person"], minted["grants"]["moderate"]) == (
        *(200, arrival["person"]),
        False,
    )
    status, back = await door.by(None)("POST", "invitations/resume", {"resume": arrival["resume"]})
    assert (status, back["person"]) == (200, arrival["person"])
    status, listed = await ada("GET", f"{path}/invitations")
    assert (status, "link" in listed["items"][0]) == (200, False)
    assert (await ada("DELETE", f"{path}/invitations/{invited['id']}"))[0] == 204
    assert (await gabi("GET", path))[0] == 401
    status, closed = await ada("POST", f"{path}/close")
    assert (status, closed["state"]) == (200, "closed")
    assert (await ada("POST", f"{path}/close"))[1]["code"] == "room-closed"


async def test_members_over_http(door: Door, add_user: AddUser) -> None:
    ada, ben = door.by(await add_user("Ada")), await add_user("Ben")
    path = f"rooms/{(await ada('POST', 'rooms', {'title': 'x'}))[1]['id']}"
    status, member = await ada("POST", f"{path}/members", {"user": ben.person, "role": "observer"})
    assert (status, member["role"]) == (201, "observer")
    grants = {"publish": ["camera"], "chat": True}
    status, member = await ada("PATCH", f"{path}/members/{ben.person}", {"grants": grants})
    assert (status, member["grants"]["chat"], member["grants"]["subscribe"]) == (200, True, False)
    status, listed = await door.by(ben)("GET", f"{path}/members")
    assert [each["name"] for each in listed["items"]] == ["Ada", "Ben"]
    assert (await ada("DELETE", f"{path}/members/{ben.person}"))[0] == 204
    assert (await door.by(ben)("GET", path))[1]["code"] == "not-found"
    status, refused = await ada("POST", f"{path}/refuse", {"person": ben.person})
    assert (status, refused["code"]) == (404, "not-found")


async def test_a_list_goes_on_by_its_cursor(door: Door, add_user: AddUser) -> None:
    ada = door.by(await add_user("Ada"))
    for n in range(5):
        await ada("POST", "rooms", {"title": f"Room {n}"})
    seen: list[str] = []
    query = "limit=2"
    while True:
        status, page = await ada("GET", f"rooms?{query}")
        assert status == 200
        seen += [each["title"] for each in page["items"]]
        if page["next"] is None:
            break
        query = f"limit=2&cursor={page['next']}"
    assert sorted(seen) == [f"Room {n}" for n in range(5)]
    assert (await ada("GET", "rooms?state=closed"))[1] == {"items": [], "next": None}


async def test_a_key_makes_one_room(door: Door, add_user: AddUser) -> None:
    ada = door.by(await add_user("Ada"))
    first = await ada("POST", "rooms", {"title": "x"}, Idempotency_Key="k1")
    assert await ada("POST", "rooms", {"title": "x"}, Idempotency_Key="k1") == first
    assert (await ada("POST", "rooms", {"title": "y"}, Idempotency_Key="k1"))[0] == 409
    assert len((await ada("GET", "rooms"))[1]["items"]) == 1


async def test_two_at_a_time_with_one_key_make_one_room(door: Door, add_user: AddUser) -> None:
    ada = door.by(await add_user("Ada"))
    one, other = await asyncio.gather(
        *(ada("POST", "rooms", {"title": "x"}, Idempotency_Key="k1") for _ in range(2))
    )
    assert one == other
    assert len((await ada("GET", "rooms"))[1]["items"]) == 1


async def test_a_crash_between_the_change_and_its_answer_leaves_neither(
    door: Door, add_user: AddUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room, then a colleague in it: the repeat is the first, and nothing is there twice."""
    ada, ben = door.by(await add_user("Ada")), await add_user("Ben")

    async def tried(path: str, body: Json, listed: str) -> Json:
        before = (await ada("GET", listed))[1]["items"]
        with monkeypatch.context() as broken:
            broken.setattr(IdempotencyRows, "answer", dies)
            assert (await ada("POST", path, body, Idempotency_Key=path))[0] == 500
        assert (await ada("GET", listed))[1]["items"] == before
        status, made = await ada("POST", path, body, Idempotency_Key=path)
        assert status == 201
        assert len((await ada("GET", listed))[1]["items"]) == len(before) + 1
        return made

    async def dies(*_: Any) -> None:
        raise RuntimeError("the power went")

    room = await tried("rooms", {"title": "Case 12"}, "rooms")
    members = f"rooms/{room['id']}/members"
    await tried(members, {"user": ben.person, "role": "member"}, members)


async def test_only_members_get_anything(door: Door, add_user: AddUser) -> None:
    """Each route × no token, nonsense, stranger, guest of another room, narrowed or removed."""
    ada, eve, ben = [await add_user(name) for name in ("Ada", "Eve", "Ben")]
    cast = door.cast
    room = (await cast.room(ada, ben)).access.room.id
    other = (await cast.room(eve)).access.room.id
    _, arrival = await cast.arrive(eve, other)
    elsewhere = (await cast.room_tokens.mint(eve, other)).token
    removed = (await cast.room_tokens.mint(ben, room)).token
    await cast.members.remove(ada, room, ben.person)
    bodies: dict[tuple[str, str], Json] = {
        ("POST", "members"): {"user": eve.person},
        ("PATCH", "{person}"): {"role": "host"},
        ("POST", "admit"): {"person": eve.person},
        ("POST", "refuse"): {"person": eve.person},
        ("POST", "invitations"): {"name": "Gabi"},
        ("POST", "messages"): {"client_id": "c", "text": "text"},
        ("PATCH", "{id}"): {"title": "Mine"},
    }
    checked = 0
    for route in ROUTES:
        if "{id}" not in route.path:
            continue
        path = route.path.removeprefix("/api/v1/").replace("{id}", room)
        path = path.replace("{person}", ada.person).replace("{invitation}", "i")
        body = bodies.get((route.method, route.path.rpartition("/")[2]))
        for who, status in (
            (None, 401),
            ("nonsense", 401),
            (eve, 404),
            (elsewhere, 404),
            (arrival.token.token, 404),
            (ben, 404),
            (removed, 404),
        ):
            answer = await door.by(who)(route.method, path, body)
            assert answer[0] == status, (route, who, answer)
            checked += 1
    assert checked == 7 * 16
    assert (await door.by(elsewhere)("GET", "rooms"))[0] == 403
    assert (await door.by(elsewhere)("POST", "rooms", {"title": "x"}))[0] == 403
    assert (await door.by(None)("GET", "rooms"))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": " "},
        {"title": "x" * 201},
        {"title": "\0"},
        {"title": "\ud800"},
        {"title": "x", "extra": 1},
        {"title": "x", "scheduled_at": "2026-11-22T10:00:00"},
        {"title": "x", "scheduled_at": "0001-01-01T00:00:00+14:00"},
        {"title": "x", "scheduled_at": "9999-12-31T23:59:59-14:00"},
        {"title": "x", "scheduled_at": 1e300},
        {"title": "x", "duration_minutes": 0},
        {"title": "x", "duration_minutes": 2**70},
        {"title": "x", "lobby": None},
        {"title": "x", "members": [{"user": "u", "role": "king"}]},
    ],
)
async def test_rooms_that_are_none(door: Door, add_user: AddUser, body: Json) -> None:
    ada = door.by(await add_user("Ada"))
    assert (await ada("POST", "rooms", body))[0] == 422
    path = f"rooms/{(await ada('POST', 'rooms', {'title': 'x'}))[1]['id']}"
    if body and "members" not in body:
        assert (await ada("PATCH", path, body))[0] == 422


async def test_odd_paths_queries_and_bodies_are_never_a_failure(
    door: Door, add_user: AddUser
) -> None:
    ada = door.by(await add_user("Ada"))
    path = f"rooms/{(await ada('POST', 'rooms', {'title': 'x'}))[1]['id']}"
    ids = count()
    for method, where, body in [
        ("GET", "rooms/%00", None),
        ("GET", "rooms/%ED%A0%80", None),
        ("DELETE", f"{path}/members/%00", None),
        ("DELETE", f"{path}/invitations/%00", None),
        ("GET", f"{path}/events?after=-1", None),
        ("GET", f"{path}/events?after={2**70}", None),
        ("GET", f"{path}/events?limit=501", None),
        ("GET", f"{path}/events?unknown=1", None),
        ("GET", "rooms?cursor=%00", None),
        ("GET", "rooms?cursor=AAAA", None),
        ("GET", "rooms?cursor=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCB4", None),
        ("GET", "rooms?cursor=MjAyNi0wMS0wMVQwMDowMDowMCB4", None),
        ("GET", "rooms?limit=0", None),
        ("POST", f"{path}/members", {"user": "\0"}),
        ("POST", f"{path}/admit", {"person": "\ud800"}),
        ("POST", f"{path}/messages", {"client_id": "\0", "text": "x"}),
        ("POST", f"{path}/messages", {"client_id": f"c{next(ids)}", "text": "\0"}),
        ("POST", f"{path}/invitations", {"name": "\0"}),
        ("POST", f"{path}/invitations", {"name": "x", "expires_in_minutes": 2**70}),
        ("POST", f"{path}/invitations", {"name": "x", "role": "host"}),
        ("POST", "invitations/redeem", {"code": "\ud800"}),
        ("POST", "invitations/resume", {"resume": "\0"}),
    ]:
        status, problem = await ada(method, where, body)
        assert status in (404, 422), (method, where, body, problem)
    long = {"client_id": "c", "text": "x" * 8001}
    status, problem = await ada("POST", f"{path}/messages", long)
    assert (status, problem["code"], problem["limit"]) == (413, "limit-exceeded", "message")
