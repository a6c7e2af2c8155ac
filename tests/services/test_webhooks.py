"""Webhooks: whose events go where, retried until they arrive, once per message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.domain.access import Actor, Role
from server.domain.errors import Forbidden, LimitExceeded, NotFound
from server.domain.webhooks import (
    ENDPOINTS_LIMIT,
    LEASE,
    RETRIES,
    DeliveryState,
    Outcome,
    WebhookDisabled,
)
from server.services.chat import Chat
from server.services.rooms import CreateRoom, Rooms
from server.services.webhook_deliveries import WebhookDeliveries
from server.services.webhooks import KEPT, Webhooks
from tests.services.conftest import AddUser, FakeClock

URL = "https://ris.example/hook"


class Receiver:
    """Answers what it is told to, and remembers what came."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = []
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        self.got.append((url, headers, body))
        return self.answers.pop(0) if self.answers else Outcome(200)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, _, body in self.got]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def box() -> AesSecretBox:
    return AesSecretBox(b"master")


@pytest.fixture
def webhooks(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, box: AesSecretBox
) -> Webhooks:
    return Webhooks(database, clock, fresh, box)


@pytest.fixture
def deliveries(
    database: SqlDatabase, clock: FakeClock, box: AesSecretBox, receiver: Receiver
) -> WebhookDeliveries:
    return WebhookDeliveries(database, clock, box, receiver)


@pytest.fixture
def rooms(database: SqlDatabase, clock: FakeClock, fresh: SystemFresh) -> Rooms:
    return Rooms(database, clock, fresh)


@pytest.fixture
async def ivo(add_user: AddUser) -> Actor:
    return await add_user("Ivo", Role.INTEGRATOR)


async def test_events_of_ones_organisation_arrive_signed_and_without_names(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    rooms: Rooms,
    receiver: Receiver,
    database: SqlDatabase,
    clock: FakeClock,
    fresh: SystemFresh,
    ivo: Actor,
    add_user: AddUser,
) -> None:
    made = await webhooks.create(ivo, url=URL, events=["room.created", "room.closed"])
    ada = await add_user("Ada", Role.SPECIALIST)
    stranger = await add_user("Zoe")
    room = (await rooms.create(ada, CreateRoom("TAC di Rossi Mario"))).access.room
    await Chat(database, clock, fresh).send(ada, room.id, "c", "secret words")
    await rooms.create(stranger, CreateRoom("Elsewhere"))
    assert await deliveries.carry() == 1
    [(url, headers, body)] = receiver.got
    assert url == URL
    assert b"Rossi" not in body
    signed = Webhook(made.secret).sign(headers["webhook-id"], clock.now(), body.decode())
    assert headers["webhook-signature"] == signed
    event = json.loads(body)
    assert event["type"] == "room.created"
    assert event["data"]["room"] == room.id
    assert headers["webhook-id"] == event["data"]["id"]
    await rooms.close(ada, room.id)
    await deliveries.carry()
    assert receiver.types == ["room.created", "room.closed"]
    assert await deliveries.carry() == 0


async def test_a_failure_is_tried_again_and_its_log_tells(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    receiver: Receiver,
    clock: FakeClock,
    ivo: Actor,
) -> None:
    endpoint = (await webhooks.create(ivo, url=URL)).endpoint
    await webhooks.ping(ivo, endpoint.id)
    receiver.answers = [Outcome(None, "timeout"), Outcome(500), Outcome(200)]
    assert await deliveries.carry() == 1
    assert await deliveries.carry() == 0
    clock.advance(seconds=RETRIES[0].total_seconds())
    assert await deliveries.carry() == 1
    [pending] = await webhooks.deliveries(ivo, endpoint.id, DeliveryState.PENDING, None)
    assert (pending.attempts, pending.status) == (2, 500)
    clock.advance(seconds=RETRIES[1].total_seconds())
    assert await deliveries.carry() == 1
    [done] = await webhooks.deliveries(ivo, endpoint.id, DeliveryState.DELIVERED, None)
    assert (done.attempts, done.status) == (3, 200)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


async def test_a_crash_while_sending_repeats_the_message(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    receiver: Receiver,
    database: SqlDatabase,
    clock: FakeClock,
    ivo: Actor,
) -> None:
    endpoint = (await webhooks.create(ivo, url=URL)).endpoint
    sent = await webhooks.ping(ivo, endpoint.id)
    async with database.transaction() as uow:  # taken by a process that dies now
        await uow.webhooks.lease(clock.now(), clock.now() + LEASE, 10)
    assert await deliveries.carry() == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert await deliveries.carry() == 1
    assert receiver.got[0][1]["webhook-id"] == sent.message


async def test_replays(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    receiver: Receiver,
    clock: FakeClock,
    ivo: Actor,
) -> None:
    endpoint = (await webhooks.create(ivo, url=URL)).endpoint
    begun = clock.now()
    sent = await webhooks.ping(ivo, endpoint.id)
    receiver.answers = [Outcome(410)]
    await deliveries.carry()
    [failed] = await webhooks.deliveries(ivo, endpoint.id, DeliveryState.FAILED, None)
    assert failed.id == sent.id
    again = await webhooks.replay(ivo, endpoint.id, sent.id)
    assert await webhooks.replay_failed(ivo, endpoint.id, begun) == 1
    assert await webhooks.replay_failed(ivo, endpoint.id, clock.now() + timedelta(1)) == 0
    await deliveries.carry()
    assert {headers["webhook-id"] for _, headers, _ in receiver.got} == {sent.message}
    newest = await webhooks.deliveries(ivo, endpoint.id, None, None)
    assert len(newest) == 3
    older = await webhooks.deliveries(ivo, endpoint.id, None, again.id)
    assert [one.id for one in older] == [sent.id]
    with pytest.raises(NotFound):
        await webhooks.replay(ivo, endpoint.id, "unknown")


async def test_an_endpoint_that_is_switched_off_gets_nothing_until_it_is_on_again(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    receiver: Receiver,
    ivo: Actor,
) -> None:
    endpoint = (await webhooks.create(ivo, url=URL)).endpoint
    await webhooks.ping(ivo, endpoint.id)
    changed = await webhooks.change(
        ivo, endpoint.id, enabled=False, description="RIS", events=[], url=f"{URL}/2"
    )
    assert (changed.is_enabled, changed.description, changed.url) == (False, "RIS", f"{URL}/2")
    assert await deliveries.carry() == 0
    with pytest.raises(WebhookDisabled):
        await webhooks.ping(ivo, endpoint.id)
    await webhooks.change(ivo, endpoint.id, enabled=True)
    assert await deliveries.carry() == 1
    assert receiver.got[0][0] == f"{URL}/2"


async def test_a_rotated_secret_signs_at_once(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    receiver: Receiver,
    clock: FakeClock,
    ivo: Actor,
) -> None:
    made = await webhooks.create(ivo, url=URL)
    await webhooks.ping(ivo, made.endpoint.id)
    rotated = await webhooks.rotate_secret(ivo, made.endpoint.id)
    assert rotated.secret != made.secret
    await deliveries.carry()
    [(_, headers, body)] = receiver.got
    signed = Webhook(rotated.secret).sign(headers["webhook-id"], clock.now(), body.decode())
    assert headers["webhook-signature"] == signed


async def test_only_integrators_and_administrators_of_the_organisation(
    webhooks: Webhooks, ivo: Actor, add_user: AddUser
) -> None:
    endpoint = (await webhooks.create(ivo, url=URL)).endpoint
    nurse = await add_user("Nina", Role.NURSE)
    admin = await add_user("Ada", Role.ADMINISTRATOR)
    with pytest.raises(Forbidden):
        await webhooks.create(nurse, url=URL)
    with pytest.raises(Forbidden):
        await webhooks.list(nurse)
    with pytest.raises(Forbidden):
        await webhooks.get(nurse, endpoint.id)
    with pytest.raises(Forbidden):
        await webhooks.create(ivo, url=URL, organisation="another")
    assert (await webhooks.get(admin, endpoint.id)).id == endpoint.id
    assert [one.id for one in await webhooks.list(admin)] == [endpoint.id]
    await webhooks.remove(admin, endpoint.id)
    with pytest.raises(NotFound):
        await webhooks.get(ivo, endpoint.id)


async def test_limits_and_housekeeping(
    webhooks: Webhooks,
    deliveries: WebhookDeliveries,
    clock: FakeClock,
    ivo: Actor,
) -> None:
    made = [(await webhooks.create(ivo, url=URL)).endpoint for _ in range(ENDPOINTS_LIMIT)]
    with pytest.raises(LimitExceeded):
        await webhooks.create(ivo, url=URL)
    await webhooks.ping(ivo, made[0].id)
    await deliveries.carry()
    assert await deliveries.purge() == 0
    clock.advance(seconds=KEPT.total_seconds() + 1)
    assert await deliveries.purge() == 1
