"""Pushes: encrypted so that only the device reads them, signed, retried, forgotten when gone."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.push import VapidPush
from server.adapters.secret_box import AesSecretBox
from server.domain.access import Actor
from server.domain.errors import NotFound
from server.domain.pushes import RETRIES, SUBSCRIPTIONS_LIMIT
from server.domain.webhooks import Outcome
from server.services.pushes import Pushes, push
from tests.services.conftest import AddUser, FakeClock

ENDPOINT = "https://push.example/device/{}"
AUTH = b"0123456789abcdef"


class PushService:
    """Stands for a browser vendor's server: keeps what is posted."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = []
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        self.got.append((url, headers, body))
        return self.answers.pop(0) if self.answers else Outcome(201)


@dataclass
class Device:
    """A browser: subscribes, and decrypts as RFC 8291 §3.4 says."""

    key: ec.EllipticCurvePrivateKey

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def read(self, body: bytes) -> dict[str, str]:
        salt, theirs, sealed = body[:16], body[21:86], body[86:]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        info = b"WebPush: info\0" + self.point + theirs
        secret = HKDF(SHA256(), 32, AUTH, info).derive(shared)
        cipher = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        padded = AESGCM(cipher).decrypt(nonce, sealed, None)
        read: dict[str, str] = json.loads(padded.rstrip(b"\0")[:-1])
        return read


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def service() -> PushService:
    return PushService()


@pytest.fixture
def device() -> Device:
    return Device(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def pushes(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, service: PushService
) -> Pushes:
    sender = VapidPush(service, "webmaster@tests.example")
    return Pushes(database, clock, fresh, AesSecretBox(b"master"), sender)


@pytest.fixture
async def rita(add_user: AddUser) -> Actor:
    return await add_user("Rita")


async def subscribe(pushes: Pushes, person: Actor, device: Device, number: int = 1) -> str:
    made = await pushes.subscribe(person, ENDPOINT.format(number), text(device.point), text(AUTH))
    return made.id


async def test_only_the_device_reads_it_and_the_server_signs_it(
    pushes: Pushes, service: PushService, device: Device, rita: Actor
) -> None:
    await subscribe(pushes, rita, device)
    assert await pushes.test(rita) == 1
    assert await pushes.send() == 1
    [(url, headers, body)] = service.got
    assert url == ENDPOINT.format(1)
    assert device.read(body) == {
        "kind": "push.test",
        "place": "/account",
        "tag": f"push.test {rita.person}",
    }
    assert headers["urgency"] == "high"
    token, _, key = headers["authorization"].removeprefix("vapid t=").partition(",")
    assert key.strip() == f"k={await pushes.public_key()}"
    point = urlsafe_b64decode(key.strip().removeprefix("k=") + "==")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(token, public, ["ES256"], audience="https://push.example")
    assert claims["sub"] == "mailto:webmaster@tests.example"
    assert await pushes.send() == 0
    assert (await pushes.list(rita))[0].used_at is not None


async def test_what_comes_from_the_sandbox_says_so(
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    service: PushService,
    device: Device,
    rita: Actor,
) -> None:
    sender = VapidPush(service, "webmaster@tests.example")
    box = AesSecretBox(b"master")
    pushes = Pushes(database, clock, fresh, box, sender, is_training=True)
    await subscribe(pushes, rita, device)
    await pushes.test(rita)
    await pushes.send()
    [(_, _, body)] = service.got
    assert device.read(body)["realm"] == "training"


async def test_the_key_is_the_same_for_every_process_and_start(
    pushes: Pushes, database: SqlDatabase, clock: FakeClock, fresh: SystemFresh
) -> None:
    other = Pushes(
        database, clock, fresh, AesSecretBox(b"master"), VapidPush(PushService(), "a@b.example")
    )
    assert await other.public_key() == await pushes.public_key()


async def test_trouble_is_tried_again_and_a_device_that_is_gone_is_forgotten(
    pushes: Pushes, service: PushService, device: Device, clock: FakeClock, rita: Actor
) -> None:
    await subscribe(pushes, rita, device)
    await pushes.test(rita)
    service.answers = [Outcome(None, "timeout"), Outcome(410)]
    assert await pushes.send() == 1
    assert await pushes.send() == 0
    clock.advance(seconds=RETRIES[0].total_seconds())
    assert await pushes.send() == 1
    assert await pushes.list(rita) == []
    assert await pushes.test(rita) == 0


async def test_a_crash_while_sending_repeats_it(
    pushes: Pushes, database: SqlDatabase, device: Device, clock: FakeClock, rita: Actor
) -> None:
    await subscribe(pushes, rita, device)
    await pushes.test(rita)
    async with database.transaction() as uow:  # taken by a process that dies now
        await uow.pushes.lease(clock.now(), clock.now(), 10)
    assert await pushes.send() == 1


async def test_what_is_cancelled_is_not_sent(
    pushes: Pushes,
    database: SqlDatabase,
    device: Device,
    clock: FakeClock,
    fresh: SystemFresh,
    rita: Actor,
) -> None:
    await subscribe(pushes, rita, device)
    place, now = "/guard", clock.now()
    async with database.transaction() as uow:
        await push(uow, rita.person, "guard.alert", "request", place, now, fresh)
    async with database.transaction() as uow:
        await uow.pushes.cancel("guard.alert", "request")
    assert await pushes.send() == 0


async def test_devices_are_ones_own_and_not_without_end(
    pushes: Pushes, device: Device, rita: Actor, add_user: AddUser
) -> None:
    ids = [await subscribe(pushes, rita, device, each) for each in range(SUBSCRIPTIONS_LIMIT + 1)]
    assert [one.id for one in await pushes.list(rita)] == ids[1:]
    again = await subscribe(pushes, rita, device, SUBSCRIPTIONS_LIMIT)
    assert [one.id for one in await pushes.list(rita)] == [*ids[1:-1], again]
    with pytest.raises(NotFound):
        await pushes.unsubscribe(await add_user("Zoe"), again)
    await pushes.unsubscribe(rita, again)
    with pytest.raises(NotFound):
        await pushes.unsubscribe(rita, again)


async def test_nonsense_keys_of_a_device_stop_nothing(
    pushes: Pushes, service: PushService, device: Device, rita: Actor
) -> None:
    await pushes.subscribe(rita, ENDPOINT.format("odd"), "AAAA", text(AUTH))
    await subscribe(pushes, rita, device)
    await pushes.test(rita)
    assert await pushes.send() == 2
    assert [url for url, _, _ in service.got] == [ENDPOINT.format(1)]
