"""A push service that the test runs: an alert arrives there by HTTP, for one device alone."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from server.adapters.courier import HttpCourier
from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.push import VapidPush
from server.adapters.secret_box import AesSecretBox
from server.domain.access import Role
from server.domain.organisations import Organisation
from server.services.guard import guard
from server.services.guard_push import PushChannel
from server.services.pushes import Pushes
from tests.services.conftest import AddUser, FakeClock
from tests.services.guard_cast import PATIENT, Ward
from tests.services.test_pushes import AUTH, Device, text

Got = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def got() -> Got:
    return []


def sender(authorization: str, audience: str) -> str:
    """Whose key signed it for this push service (RFC 8292 §2 and §3)."""
    given = authorization.removeprefix("vapid ").replace(",", " ").split()
    parts = dict(one.split("=", 1) for one in given)
    key = parts["k"]
    point = urlsafe_b64decode(key + "=" * (-len(key) % 4))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(parts["t"], public, ["ES256"], audience=audience)
    if claims["sub"] != "mailto:webmaster@tests.example":
        raise ValueError("nobody to write to")
    return key


@pytest.fixture
async def push_service(got: Got) -> AsyncIterator[str]:
    """Takes what RFC 8030 §5 asks for, of a server that says who it is (RFC 8292), else refuses."""

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("content-encoding") != "aes128gcm" or "ttl" not in headers:
            return web.Response(status=400)
        try:
            sender(headers.get("authorization", ""), str(request.url.origin()))
        except (jwt.InvalidTokenError, ValueError):
            return web.Response(status=403)
        got.append((headers, await request.read()))
        return web.Response(status=201)

    app = web.Application()
    app.add_routes([web.post("/device", take)])
    async with TestServer(app) as server:
        yield str(server.make_url("/device"))


async def test_an_alert_arrives_at_the_push_service_and_only_the_device_reads_it(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    hospital: Organisation,
    add_user: AddUser,
    push_service: str,
    got: Got,
) -> None:
    nurse = await add_user("Nina", Role.NURSE)
    rita = await add_user("Rita", Role.RADIOLOGIST)
    vapid = VapidPush(HttpCourier(plain=True), "webmaster@tests.example")
    pushes = Pushes(database, clock, fresh, AesSecretBox(b"master"), vapid)
    device, other = (Device(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    await pushes.subscribe(rita, push_service, text(device.point), text(AUTH))
    ward = Ward(database, clock, fresh)
    ward.guard = guard(database, clock, fresh, [PushChannel(fresh)])
    await ward.furnish(hospital.id, (rita, 120))
    made = await ward.ask(nurse)
    assert await pushes.send() == 1
    [(headers, body)] = got
    assert headers["urgency"] == "high"
    origin = push_service.removesuffix("/device")
    assert sender(headers["authorization"], origin) == await pushes.public_key()
    assert device.read(body) == {
        "kind": "guard.alert",
        "place": f"/guard/requests/{made['id']}",
        "tag": f"guard.alert {made['id']}",
    }
    assert PATIENT.name.encode() not in body
    with pytest.raises(InvalidTag):
        other.read(body)
    assert await pushes.send() == 0, "it arrived once"
