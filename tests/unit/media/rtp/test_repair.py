"""What is kept, what is asked for again, and where pictures start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import vp8
from media.rtp.cache import SIZE_MAX, SIZE_START, CachedPacket, PacketCache
from media.rtp.keyframes import REQUEST_INTERVAL_S, KeyframeThrottle
from media.rtp.nack import FIRST_WAIT_S, MISSING_MAX, RETRY_S, TRIES_MAX, NackTracker


def cached(number: int, arrived_s: float) -> CachedPacket:
    return CachedPacket(number, 0, 0, b"payload", arrived_s)


def test_the_cache_keeps_at_least_a_second() -> None:
    cache = PacketCache()
    for number in range(3000):
        cache.put(cached(number, number / 1000))
    assert all(cache.get(number) is not None for number in range(2000, 3000))
    assert cache.get(3000) is None
    assert cache.size > SIZE_START


def test_the_cache_does_not_grow_for_a_slow_stream() -> None:
    cache = PacketCache()
    for number in range(3000):
        cache.put(cached(number, number / 50))
    assert cache.size == SIZE_START
    assert cache.get(2999) is not None
    assert cache.get(100) is None


def test_the_cache_is_bounded_and_can_be_emptied() -> None:
    cache = PacketCache()
    for number in range(2 * SIZE_MAX):
        cache.put(cached(number, 0.0))
    assert cache.size == SIZE_MAX
    cache.clear()
    assert cache.get(2 * SIZE_MAX - 1) is None


def test_a_gap_is_asked_for_until_it_is_filled() -> None:
    tracker = NackTracker()
    for index in (10, 11, 14):
        assert tracker.received(index, 0.0)
    assert tracker.due(0.0) == ([], False)
    assert tracker.due(FIRST_WAIT_S) == ([12, 13], False)
    assert tracker.due(FIRST_WAIT_S) == ([], False)
    assert tracker.received(12, 0.02)
    assert tracker.due(FIRST_WAIT_S + RETRY_S) == ([13], False)
    assert tracker.received(13, 0.06)
    assert not tracker.is_waiting


def test_asking_ends_after_some_tries() -> None:
    tracker = NackTracker()
    tracker.received(1, 0.0)
    tracker.received(3, 0.0)
    now = FIRST_WAIT_S
    for _ in range(TRIES_MAX):
        assert tracker.due(now) == ([2], False)
        now += RETRY_S
    assert tracker.due(now) == ([], True)
    assert not tracker.is_waiting


def test_too_great_a_gap_asks_for_a_keyframe_instead() -> None:
    tracker = NackTracker()
    tracker.received(0, 0.0)
    assert not tracker.received(MISSING_MAX + 2, 0.0)
    assert not tracker.is_waiting


def test_what_precedes_a_keyframe_is_forgotten() -> None:
    tracker = NackTracker()
    tracker.received(1, 0.0)
    tracker.received(5, 0.0)
    tracker.forget_before(4)
    assert tracker.due(1.0) == ([4], False)
    tracker.reset()
    assert not tracker.is_waiting
    assert tracker.received(900, 1.0)
    assert not tracker.is_waiting


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [
        (b"\x10\x00\x00\x00", True),
        (b"\x10\x01\x00\x00", False),
        (b"\x00\x00\x00\x00", False),  # continues a partition
        (b"\x11\x00\x00\x00", False),  # another partition
        (b"\x90\x80\x05\x00", True),  # 7-bit picture id
        (b"\x90\x80\x85\x06\x00", True),  # 15-bit picture id
        (b"\x90\xe0\x85\x06\x01\x20\x00", True),  # with tl0picidx, tid
        (b"\x90\x00\x00\x00", True),
        (b"\x90\xe0\x85\x06\x01\x20\x01", False),
        (b"\x90\xe0\x85\x06", False),  # cut short
        (b"\x10", False),
    ],
)
def test_vp8_keyframes_are_recognised(payload: bytes, is_key: bool) -> None:
    assert vp8.is_keyframe(payload) is is_key


@given(st.binary(max_size=12))
def test_no_payload_surprises_the_reader(payload: bytes) -> None:
    assert vp8.is_keyframe(payload) in (True, False)


def test_keyframe_requests_are_throttled_and_repeated_until_served() -> None:
    throttle = KeyframeThrottle()
    assert not throttle.poll(0.0)
    assert throttle.request(0.0)
    assert not throttle.request(REQUEST_INTERVAL_S / 2)
    assert throttle.poll(REQUEST_INTERVAL_S)
    throttle.arrived()
    assert not throttle.poll(10.0)
