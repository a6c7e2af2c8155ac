"""Accounts over HTTP: the cookie, the shapes, and who gets nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jwt
import pyotp
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.adapters.checkpoints import CheckpointFolder
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.passwords import Argon2Passwords
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor, Role
from server.domain.organisations import Organisation
from server.services.accounts import Accounts
from server.services.administration import Administration
from server.services.audit import Audit
from server.services.organisations import Organisations
from server.services.registration import Registration
from server.services.second_factor import SecondFactor
from server.web import app, audit, auth, keys, me, organisations, users
from server.web.metrics import Metrics
from server.web.services import Services
from tests.services.conftest import (
    PASSWORD,
    AddUser,
    FakeClock,
    Identity,
    MakeIdentity,
    set_password,
)

MODULES = (audit, auth, keys, me, organisations, users)
ROUTES = [route for module in MODULES for route in module.routes.all]
Http = TestClient[Any, Any]
LOGIN = {"email": "ada@tests.example", "password": PASSWORD}


@pytest.fixture
def identity(make_identity: MakeIdentity, request: pytest.FixtureRequest) -> Identity:
    return make_identity(second_factor_required=getattr(request, "param", False))


@pytest.fixture
async def http(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    identity: Identity,
    second_factor: SecondFactor,
    passwords: Argon2Passwords,
    limits: WindowRateLimits,
    tmp_path: Path,
) -> AsyncIterator[Http]:
    known: dict[str, Any] = {
        "clock": clock,
        "fresh": fresh,
        "tokens": identity.tokens,
        "sessions": identity.sessions,
        "second_factor": second_factor,
        "accounts": Accounts(database, clock, passwords, limits),
        "administration": Administration(database, clock, passwords),
        "audit": Audit(database, clock, CheckpointFolder(tmp_path)),
        "organisations": Organisations(database),
        "registration": Registration(database, clock, fresh, passwords, limits),
    }
    services = Services(**{each.name: known.get(each.name) for each in fields(Services)})  # type: ignore[arg-type]
    served = app.create(services, ROUTES, Metrics(clock), app.Edge(version="test"))
    async with TestClient(TestServer(served)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def sign_in(http: Http, **more: str) -> dict[str, Any]:
    async with http.post("/api/v1/auth/login", json=LOGIN | more) as answer:
        assert answer.status == 200, await answer.text()
        session: dict[str, Any] = await answer.json()
        return session


async def problem(answer: ClientResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status, (await answer.json())["code"]


async def test_a_session_over_http(http: Http, ada: Actor) -> None:
    async with http.post("/api/v1/auth/login", json=LOGIN) as answer:
        session = await answer.json()
        cookie = answer.cookies["refresh"]
        assert "no-store" in answer.headers["Cache-Control"]
    assert set(session) == {"access_token", "expires_in", "user", "enrolment_required"}
    assert set(session["user"]) == {
        *("id", "email", "name", "profession", "locale", "demo", "has_totp"),
        *("enrolment_required", "roles", "is_administrator"),
    }
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        *(True, "Strict"),
        "/api/v1/auth",
    )
    assert not cookie["secure"]  # loopback over plain HTTP
    async with http.get("/api/v1/me", headers=bearer(session["access_token"])) as answer:
        assert (await answer.json())["id"] == ada.person
    http.session.cookie_jar.clear()
    first = {"Cookie": f"refresh={cookie.value}"}
    async with http.post("/api/v1/auth/refresh", headers=first) as answer:
        assert answer.status == 200
        renewed = await answer.json()
    http.session.cookie_jar.clear()
    async with http.post("/api/v1/auth/refresh", headers=first) as answer:
        assert await problem(answer) == (401, "refresh-reused")
    for token in (session["access_token"], renewed["access_token"]):
        async with http.get("/api/v1/me", headers=bearer(token)) as answer:
            assert await problem(answer) == (401, "unauthenticated")


async def test_off_loopback_the_cookie_is_secure(http: Http, ada: Actor) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    async with http.post("/api/v1/auth/login", json=LOGIN, headers=forwarded) as answer:
        assert answer.cookies["refresh"]["secure"]


async def test_signing_out_takes_the_cookie(http: Http, ada: Actor) -> None:
    for path in ("logout", "logout-everywhere"):
        headers = bearer((await sign_in(http))["access_token"])
        async with http.post(f"/api/v1/auth/{path}", headers=headers) as answer:
            assert (answer.status, answer.cookies["refresh"]["max-age"]) == (204, "0")
        async with http.post(f"/api/v1/auth/{path}", headers=headers) as answer:
            assert await problem(answer) == (401, "unauthenticated")
        async with http.post("/api/v1/auth/refresh") as answer:
            assert await problem(answer) == (401, "unauthenticated")


async def test_a_wrong_sign_in_is_a_problem(http: Http, ada: Actor) -> None:
    async with http.post("/api/v1/auth/login", json=LOGIN | {"password": "wrong"}) as answer:
        assert await problem(answer) == (401, "credentials-invalid")
    for body in ({}, LOGIN | {"extra": 1}, LOGIN | {"email": "a\0b"}, LOGIN | {"otp": 5}):
        async with http.post("/api/v1/auth/login", json=body) as answer:
            assert await problem(answer) == (422, "invalid")
    for _ in range(9):
        async with http.post("/api/v1/auth/login", json=LOGIN | {"password": "wrong"}) as answer:
            assert (await problem(answer))[0] == 401
    async with http.post("/api/v1/auth/login", json=LOGIN) as answer:
        assert await problem(answer) == (429, "rate-limited")
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("identity", [True], indirect=True)
async def test_who_must_enrol_is_let_to_nothing_else(
    http: Http, ada: Actor, clock: FakeClock
) -> None:
    session = await sign_in(http)
    assert session["enrolment_required"]
    headers = bearer(session["access_token"])
    async with http.get("/api/v1/people", headers=headers) as answer:
        assert await problem(answer) == (403, "enrolment-required")
    async with http.get("/api/v1/me", headers=headers) as answer:
        assert (await answer.json())["enrolment_required"]
    async with http.post("/api/v1/auth/totp", headers=headers) as answer:
        enrolment = await answer.json()
    assert enrolment["uri"].startswith("otpauth://totp/")
    assert enrolment["qr_svg"].startswith("<svg")
    phone = pyotp.TOTP(enrolment["secret"])
    body = {"code": phone.at(clock.now())}
    async with http.post("/api/v1/auth/totp/confirm", json=body, headers=headers) as answer:
        assert len((await answer.json())["recovery_codes"]) == 8
    async with http.get("/api/v1/people", headers=headers) as answer:
        assert answer.status == 200
    async with http.post("/api/v1/auth/login", json=LOGIN) as answer:
        assert await problem(answer) == (401, "otp-required")
    async with http.post("/api/v1/auth/login", json=LOGIN | {"otp": body["code"]}) as answer:
        assert await problem(answer) == (401, "otp-invalid")
    clock.advance(seconds=30)
    await sign_in(http, otp=phone.at(clock.now()))
    clock.advance(seconds=30)
    body = {"code": phone.at(clock.now()), "password": PASSWORD}
    headers = bearer((await sign_in(http, otp=body["code"]))["access_token"])
    clock.advance(seconds=30)
    body["code"] = phone.at(clock.now())
    async with http.post("/api/v1/auth/totp/remove", json=body, headers=headers) as answer:
        assert answer.status == 204


async def test_from_registration_to_suspension(
    http: Http,
    hospital: Organisation,
    add_user: AddUser,
    database: SqlDatabase,
    passwords: Argon2Passwords,
    identity: Identity,
) -> None:
    async with http.get("/api/v1/organisations") as answer:
        assert (await answer.json())["items"] == [
            {"id": hospital.id, "name": hospital.name, "kind": "hospital", "demo": False}
        ]
    body = LOGIN | {
        "name": "Ada",
        "profession": "physician",
        "organisation": hospital.id,
        "locale": "it",
    }
    for _ in range(2):
        async with http.post("/api/v1/auth/register", json=body) as answer:
            assert (answer.status, await answer.json()) == (202, {"status": "pending"})
    async with http.post("/api/v1/auth/login", json=LOGIN) as answer:
        assert await problem(answer) == (403, "account-pending")
    root = await add_user("Root", Role.ADMINISTRATOR)
    await set_password(database, passwords, root)
    admin = bearer(identity.tokens.mint_access(root.person, root.session or "").token)
    async with http.get("/api/v1/users?status=pending", headers=admin) as answer:
        [user] = (await answer.json())["items"]
    assert {"status", "registered_at", "registration_number"} <= set(user)
    path = f"/api/v1/users/{user['id']}"
    roles = {"roles": [{"organisation": hospital.id, "role": "specialist"}]}
    async with http.post(f"{path}/approve", json=roles, headers=admin) as answer:
        approved = await answer.json()
        assert (approved["status"], approved["roles"][0]["role"]) == ("active", "specialist")
    mine = bearer((await sign_in(http))["access_token"])
    async with http.patch("/api/v1/me", json={"locale": "fr"}, headers=mine) as answer:
        assert (await answer.json())["locale"] == "fr"
    async with http.get("/api/v1/people?q=roo", headers=mine) as answer:
        assert [one["name"] for one in (await answer.json())["items"]] == ["Root"]
    change = {"current": PASSWORD, "new": "a much better one"}
    async with http.post("/api/v1/auth/password", json=change, headers=mine) as answer:
        assert answer.status == 204
    async with http.put(f"{path}/roles", json={"roles": []}, headers=admin) as answer:
        assert (await answer.json())["roles"] == []
    async with http.post(f"{path}/suspend", json={"reason": "left"}, headers=admin) as answer:
        assert (await answer.json())["status"] == "suspended"
    async with http.get("/api/v1/me", headers=mine) as answer:
        assert await problem(answer) == (401, "unauthenticated")
    async with http.post(f"{path}/reject", headers=admin) as answer:
        assert await problem(answer) == (409, "conflict")
    for step in ("reinstate", "revoke-sessions"):
        async with http.post(f"{path}/{step}", headers=admin) as answer:
            assert answer.status == 200
    async with http.get("/api/v1/audit?after=1&limit=2", headers=admin) as answer:
        page = await answer.json()
    assert ([one["n"] for one in page["items"]], page["next"]) == ([2, 3], 3)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_each_route_refuses_whom_it_must(
    http: Http, route: Any, ada: Actor, identity: Identity
) -> None:
    path = route.path.replace("{id}", "unknown")
    live = identity.tokens.mint_access(ada.person, ada.session or "").token
    header, claims, signature = live.split(".")
    unsigned = jwt.encode({"sub": ada.person}, "", "none", headers={"kid": "test-1"})
    for headers in (
        {},
        bearer("nonsense"),
        bearer(unsigned),
        bearer(f"{header}.{claims}x.{signature}"),
        {"Authorization": f"Basic {live}"},
    ):
        async with http.request(route.method, path, headers=headers, json={}) as answer:
            expected = {200, 422} if route.public else {401}
            if path.endswith("/auth/refresh"):
                expected = {401}
            assert answer.status in expected
    if route.administrator:
        async with http.request(route.method, path, headers=bearer(live), json={}) as answer:
            assert await problem(answer) == (403, "forbidden")


async def test_administration_is_for_administrators(
    http: Http, ada: Actor, identity: Identity
) -> None:
    headers = bearer(identity.tokens.mint_access(ada.person, ada.session or "").token)
    for method, path in (
        ("GET", "users"),
        ("GET", "audit"),
        ("POST", f"users/{ada.person}/reinstate"),
        ("POST", f"users/{ada.person}/revoke-sessions"),
    ):
        async with http.request(method, f"/api/v1/{path}", headers=headers) as answer:
            assert await problem(answer) == (403, "forbidden")


async def test_keys_are_public(http: Http) -> None:
    async with http.get("/.well-known/jwks.json") as answer:
        [key] = (await answer.json())["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["kid"]) == ("OKP", "Ed25519", "EdDSA", "test-1")
    assert "d" not in key
