"""One contract for both buses, and what only the one over Redis must do."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.adapters.bus import LocalBus, RedisBus
from server.adapters.clock import SystemClock
from server.domain.errors import Unavailable
from server.services.ports.bus import Bus, Notice
from tests.servers.absence import not_run
from tests.servers.process import free_port, running
from tests.servers.redis import _answers
from tests.waiting import until


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.redis)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus: Bus
    if request.param == "local":
        bus = LocalBus()
    else:
        bus = RedisBus(request.getfixturevalue("redis_url"), SystemClock(), request.node.name)
    await bus.start()
    yield bus
    await bus.close()


class Ear:
    """Keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[Notice] = []

    async def __call__(self, notice: Notice) -> None:
        self.heard.append(notice)

    async def hears(self, count: int) -> list[Notice]:
        await until(lambda: len(self.heard) >= count)
        return self.heard


async def test_each_listener_hears_every_notice_in_order(bus: Bus) -> None:
    ears = [Ear(), Ear()]
    for ear in ears:
        bus.subscribe(ear)
    sent = [Notice("event", {"seq": n, "text": "è"}, room="r") for n in range(300)]
    for notice in sent:
        await bus.publish(notice)
    for ear in ears:
        assert await ear.hears(300) == sent


async def test_an_address_survives(bus: Bus) -> None:
    ear = Ear()
    bus.subscribe(ear)
    sent = [
        Notice("a", {}, person="p"),
        Notice("b", {"x": [1, None]}, peer="q"),
        Notice("c", {}, session="s"),
        Notice("d", {}, room="r", but_peer="q"),
    ]
    for notice in sent:
        await bus.publish(notice)
    assert await ear.hears(4) == sent


async def test_a_failing_listener_harms_nobody(bus: Bus) -> None:
    async def fails(notice: Notice) -> None:
        raise ValueError(notice.name)

    ear = Ear()
    bus.subscribe(fails)
    bus.subscribe(ear)
    await bus.publish(Notice("a", room="r"))
    await bus.publish(Notice("b", room="r"))
    assert [n.name for n in await ear.hears(2)] == ["a", "b"]


async def test_a_listener_that_ended_hears_nothing(bus: Bus) -> None:
    gone, ear = Ear(), Ear()
    end = bus.subscribe(gone)
    bus.subscribe(ear)
    end()
    end()
    await bus.publish(Notice("a", room="r"))
    await ear.hears(1)
    assert gone.heard == []


async def test_a_listener_may_publish(bus: Bus) -> None:
    async def echoes(notice: Notice) -> None:
        if notice.name == "question":
            await bus.publish(Notice("answer", room="r"))

    ear = Ear()
    bus.subscribe(echoes)
    bus.subscribe(ear)
    await bus.publish(Notice("question", room="r"))
    assert [n.name for n in await ear.hears(2)] == ["question", "answer"]


async def test_close_is_idempotent(bus: Bus) -> None:
    await bus.close()
    await bus.close()


async def test_a_stuck_listener_makes_the_publisher_fail_rather_than_grow() -> None:
    bus = LocalBus(capacity=3)
    stuck = asyncio.Event()

    async def waits(notice: Notice) -> None:
        await stuck.wait()

    bus.subscribe(waits)
    await bus.start()
    answers = [asyncio.create_task(bus.publish(Notice("a", room="r"))) for _ in range(10)]
    refused = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(answer) for answer in refused[:3]] == [type(None)] * 3
    assert any(isinstance(answer, Unavailable) for answer in refused)
    await bus.close()


@pytest.mark.redis
async def test_two_processes_share_one_channel(redis_url: str) -> None:
    here, there = (RedisBus(redis_url, SystemClock(), "shared") for _ in range(2))
    ear = Ear()
    there.subscribe(ear)
    await asyncio.gather(here.start(), there.start())
    await here.publish(Notice("a", room="r"))
    assert await ear.hears(1) == [Notice("a", room="r")]
    await asyncio.gather(here.close(), there.close())


@pytest.mark.redis
async def test_noise_on_the_channel_is_ignored(redis_url: str) -> None:
    bus = RedisBus(redis_url, SystemClock(), "noisy")
    ear = Ear()
    bus.subscribe(ear)
    await bus.start()
    for noise in (b"\xff", b"[]", b'{"name":"a","unknown":1}', b"null"):
        await bus._redis.publish("noisy", noise)
    await bus.publish(Notice("a", room="r"))
    assert await ear.hears(1) == [Notice("a", room="r")]
    await bus.close()


@pytest.mark.redis
async def test_a_restart_of_redis_is_survived(tmp_path: Path) -> None:
    program = shutil.which("redis-server")
    if program is None:
        not_run("Redis")
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    bus = RedisBus(f"redis://127.0.0.1:{port}/0", SystemClock())
    ear = Ear()
    bus.subscribe(ear)
    with running(command, lambda: _answers(port), tmp_path / "first.log"):
        await bus.start()
        await bus.publish(Notice("before", room="r"))
        await ear.hears(1)
    with pytest.raises(Unavailable):
        async with asyncio.timeout(3):
            await bus.publish(Notice("during", room="r"))
    await until(lambda: not bus.is_subscribed)
    with running(command, lambda: _answers(port), tmp_path / "second.log"):
        await until(lambda: bus.is_subscribed)
        await bus.publish(Notice("after", room="r"))
        assert [n.name for n in await ear.hears(2)] == ["before", "after"]
    await bus.close()


@pytest.mark.redis
async def test_a_hanging_redis_is_told_in_time(tmp_path: Path) -> None:
    program = shutil.which("redis-server")
    if program is None:
        not_run("Redis")
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    bus = RedisBus(f"redis://127.0.0.1:{port}/0", SystemClock())
    with running(command, lambda: _answers(port), tmp_path / "redis.log") as pid:
        await bus.start()
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable):
                async with asyncio.timeout(3):
                    await bus.publish(Notice("a", room="r"))
        finally:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: bus._clock.monotonic() > bus._refuse_until)
        await bus.publish(Notice("a", room="r"))
    await bus.close()
