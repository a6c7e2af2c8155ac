"""Order and bounds of one socket's events."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import RateLimited, Unavailable
from signaling.lanes import Lane
from signaling.limits import Allowance, Bucket, Kind, Rate


async def test_turns_are_taken_in_order_of_arrival() -> None:
    lane, done = Lane(), list[int]()

    async def event(n: int) -> None:
        async with lane.turn():
            for _ in range(5 - n % 5):
                await asyncio.sleep(0)
            done.append(n)

    async with asyncio.TaskGroup() as group:
        for n in range(20):
            group.create_task(event(n))
    assert done == list(range(20))


async def test_too_many_are_refused_and_the_rest_goes_on() -> None:
    lane, gate, done = Lane(capacity=3), asyncio.Event(), list[int]()

    async def event(n: int) -> None:
        async with lane.turn():
            await gate.wait()
            done.append(n)

    tasks = [asyncio.create_task(event(n)) for n in range(5)]
    await asyncio.wait(tasks[3:])
    assert [type(task.exception()) for task in tasks[3:]] == [RateLimited, RateLimited]
    gate.set()
    await asyncio.gather(*tasks[:3])
    assert done == [0, 1, 2]


async def test_closing_lets_the_present_turn_end_and_drops_the_rest() -> None:
    lane, gate, done = Lane(), asyncio.Event(), list[int]()

    async def event(n: int) -> None:
        async with lane.turn():
            await gate.wait()
            done.append(n)

    tasks = [asyncio.create_task(event(n)) for n in range(3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(lane.close())
    await asyncio.sleep(0)
    gate.set()
    await closing
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert done == [0]
    assert [type(result) for result in results[1:]] == [Unavailable, Unavailable]
    await lane.close()
    with pytest.raises(Unavailable):
        await event(9)


async def test_a_failing_turn_frees_the_lane() -> None:
    lane = Lane(capacity=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            async with lane.turn():
                raise ValueError("no")


@given(st.lists(st.floats(0, 2), max_size=200))
def test_a_bucket_never_gives_more_than_its_rate(pauses: list[float]) -> None:
    rate = Rate(per_second=3, burst=5)
    bucket, now, given_out = Bucket(rate, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        with contextlib.suppress(RateLimited):
            bucket.take(now)
            given_out += 1
    assert given_out <= rate.burst + rate.per_second * now + 1e-6


def test_kinds_do_not_eat_from_each_other() -> None:
    allowance = Allowance(0.0)
    for _ in range(Kind.MEDIA.value.burst):
        allowance.take(Kind.MEDIA, 0.0)
    with pytest.raises(RateLimited):
        allowance.take(Kind.MEDIA, 0.0)
    allowance.take(Kind.CHAT, 0.0)
    allowance.take(Kind.MEDIA, 1.0)


def test_who_goes_on_and_on_is_abusive() -> None:
    allowance = Allowance(0.0)
    for _ in range(Kind.UNKNOWN.value.burst):
        allowance.take(Kind.UNKNOWN, 0.0)
    for _ in range(Allowance.STRIKES):
        assert not allowance.is_abusive
        with pytest.raises(RateLimited):
            allowance.take(Kind.UNKNOWN, 0.0)
    assert allowance.is_abusive


def test_every_kind_is_its_own() -> None:
    assert len(Kind) == len({kind.value for kind in Kind})
