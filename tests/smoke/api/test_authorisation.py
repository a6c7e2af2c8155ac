"""Each REST route × each wrong credential: only the right one passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from deploy import composition
from server.web.routing import Route
from tests.smoke.api.case import Case, account, administrator, granted, member, nothing, upload
from tests.smoke.api.nouns import CASES as CASES_BY_NOUN
from tests.smoke.api.nouns import FURNISHERS
from tests.smoke.api.world import (
    PDF,
    TUS,
    World,
    altered,
    metadata,
    of_another_key,
    patch_headers,
    unsigned,
)

API = "/api/v1"
NEW_PASSWORD = "another horse battery"
ROUTES: dict[tuple[str, str], Route] = {
    (route.method, route.path.removeprefix(API).removeprefix("/")): route
    for module in composition.ROUTES
    for route in module.routes.all
}


def role(world: World) -> dict[str, Any]:
    """A role for a user."""
    return {"roles": [{"organisation": world.ids["organisation"], "role": "nurse"}]}


def _password(world: World) -> dict[str, Any]:
    return {"current": world.passwords["oncologist"], "new": NEW_PASSWORD}


CASES: dict[tuple[str, str], Case] = {
    **CASES_BY_NOUN,
    ("GET", "me"): account(),
    ("PATCH", "me"): account(lambda _: {"locale": "fr"}),
    ("GET", "people"): account(),
    ("GET", "rooms"): account(),
    ("POST", "rooms"): account(lambda _: {"title": "New"}),
    ("GET", "users"): administrator(),
    ("GET", "audit"): administrator(),
    ("POST", "users/{id}/approve"): administrator(role),
    ("PUT", "users/{id}/roles"): administrator(role),
    ("POST", "users/{id}/suspend"): administrator(lambda _: {"reason": "left"}),
    ("POST", "users/{id}/reinstate"): administrator(),
    ("POST", "users/{id}/revoke-sessions"): administrator(),
    ("POST", "users/{id}/reject"): administrator(user="ids:unwanted"),
    ("GET", "rooms/{id}"): member(),
    ("GET", "rooms/{id}/members"): member(),
    ("GET", "rooms/{id}/snapshot"): member(),
    ("GET", "rooms/{id}/events"): member(),
    ("POST", "rooms/{id}/tokens"): member(),
    ("GET", "rooms/{id}/documents"): granted(),
    ("GET", "rooms/{id}/documents/{doc}"): granted(doc="ids:document"),
    ("GET", "rooms/{id}/documents/{doc}/content"): granted(doc="ids:document"),
    ("POST", "rooms/{id}/messages"): granted(lambda _: {"client_id": "c", "text": "Good day"}),
    ("PATCH", "rooms/{id}"): granted(lambda _: {"title": "Renamed"}),
    ("POST", "rooms/{id}/admit"): granted(lambda w: {"person": w.ids["waiting"]}),
    ("POST", "rooms/{id}/refuse"): granted(lambda w: {"person": w.ids["refused"]}),
    ("POST", "rooms/{id}/invitations"): granted(lambda _: {"name": "Gert"}),
    ("GET", "rooms/{id}/invitations"): granted(),
    ("DELETE", "rooms/{id}/invitations/{invitation}"): granted(invitation="ids:invitation"),
    ("POST", "rooms/{id}/members"): granted(lambda w: {"user": w.users["colleague"]}),
    ("PATCH", "rooms/{id}/members/{person}"): granted(
        lambda _: {"role": "member"}, person="users:colleague"
    ),
    ("DELETE", "rooms/{id}/members/{person}"): granted(person="users:colleague"),
    ("POST", "uploads"): Case(
        wrong={"stranger": 404, "admin": 404, "observer": 403},
        body=nothing,
        headers=TUS | {"Upload-Length": str(len(PDF))},
    ),
    ("HEAD", "uploads/{id}"): upload(TUS),
    ("PATCH", "uploads/{id}"): upload(patch_headers(), lambda _: PDF[:100]),
    ("DELETE", "uploads/{id}"): upload(TUS),
    ("DELETE", "rooms/{id}/documents/{doc}"): granted(doc="ids:document"),
    ("POST", "rooms/{id}/close"): granted(),
    ("POST", "auth/totp"): account(),
    ("POST", "auth/totp/confirm"): account(lambda _: {"code": "000000"}),
    ("POST", "auth/totp/remove"): account(lambda _: {"password": "x", "code": "000000"}),
    ("POST", "auth/password"): account(_password),
    ("POST", "auth/logout-everywhere"): account(),
    ("POST", "auth/logout"): Case("colleague"),
}
PUBLIC = {
    ("POST", "auth/register"),
    ("POST", "auth/login"),
    ("POST", "auth/refresh"),
    ("POST", "invitations/redeem"),
    ("POST", "invitations/resume"),
    ("GET", "organisations"),
    ("GET", "about"),
    ("GET", "fhir/metadata"),
    ("POST", "training/redeem"),
    ("POST", "results/open"),
    ("POST", "results/pdf"),
    ("POST", "gateway/reports"),  # by a signature
    ("GET", ".well-known/jwks.json"),
    ("OPTIONS", "uploads"),
    ("GET", "rooms/{id}/recordings/{recording}/files/{file}/content"),  # by a cookie
    ("GET", "duty.ics"),  # by HTTP Basic
    ("GET", "rotas/{id}/duty.ics"),
}
BUSINESS = {
    "otp-invalid",
    "credentials-invalid",
    "conflict",
    "contact-code-invalid",
    "contact-method-unproved",
    "quorum-missing",
    "recording-off",
    "recording-over",
    "training-off",
    "unavailable",
}
"""Refusals that only the right caller meets: a wrong code or password, a board without quorum."""


def test_the_matrix_is_complete() -> None:
    assert {key for key, route in ROUTES.items() if route.public} == PUBLIC
    assert set(ROUTES) == set(CASES) | PUBLIC


async def attempt(world: World, key: tuple[str, str], token: str | None) -> tuple[int, Any]:
    """Ask for a route as its right caller would, but with this token."""
    case, (method, _) = CASES[key], key
    path = ROUTES[key].path
    for name, place in ({"id": "ids:room"} | dict(case.path)).items():
        kind, _, known = place.partition(":")
        path = path.replace(f"{{{name}}}", getattr(world, kind)[known])
    headers = dict(case.headers)
    if key == ("POST", "uploads"):
        headers["Upload-Metadata"] = metadata(world.ids["room"], "new")
    return await world.ask(method, path, token, case.body(world), headers)


async def expect(
    world: World, key: tuple[str, str], column: str, token: str | None, *statuses: int
) -> None:
    status, answer = await attempt(world, key, token)
    assert status in statuses, (key, column, status, answer)


async def test_only_the_right_caller_passes(world: World) -> None:
    for furnish in FURNISHERS:
        await furnish(world)
    before = await world.does("host", "GET", f"rooms/{world.ids['room']}/snapshot")
    users = await world.does("admin", "GET", "users?limit=200")
    for key, case in CASES.items():
        right = world.tokens[case.who]
        forged = {
            "no token": None,
            "nonsense": "nonsense",
            "altered": altered(right),
            "alg=none": unsigned(right),
            "another key": of_another_key(right),
            "revoked session": world.tokens["revoked"],
            "revoked session's ticket": world.tickets["revoked"],
            "suspended": world.tokens["suspended"],
            "suspended's ticket": world.tickets["suspended"],
        }
        for column, token in forged.items():
            await expect(world, key, column, token, 401)
        away = 404 if ROUTES[key].room_token else 403
        await expect(world, key, "wrong room", world.tickets["elsewhere"], away)
        if not ROUTES[key].room_token:
            await expect(world, key, "a room token", world.tickets["host"], 403)
        for who, status in case.wrong.items():
            await expect(world, key, f"wrong role: {who}", world.tokens[who], status)
        if "observer" in case.wrong and ROUTES[key].room_token:
            status = case.wrong["observer"]
            await expect(world, key, "wrong ticket", world.tickets["observer"], status)
    world.clock.shift = timedelta(minutes=16)
    for key, case in CASES.items():
        await expect(world, key, "expired", world.tokens[case.who], 401)
        await expect(world, key, "expired ticket", world.tickets["host"], 401)
    world.clock.shift = timedelta()
    assert await world.does("host", "GET", f"rooms/{world.ids['room']}/snapshot") == before
    assert await world.does("admin", "GET", "users?limit=200") == users
    for key, case in CASES.items():
        if key == ("POST", "auth/logout-everywhere"):
            world.passwords["oncologist"] = NEW_PASSWORD
            world.tokens["host"] = await world.sign_in("host")
        status, answer = await attempt(world, key, world.tokens[case.who])
        is_business = status in {401, 409, 503} and answer.get("code") in BUSINESS
        assert status < 300 or is_business, (key, "right", status, answer)
