"""SRTP indices are estimated over wraps, and each is accepted once."""

from hypothesis import given
from hypothesis import strategies as st

from media.rtp.replay import REPLAYED, WINDOW_BITS, ReplayWindow, RtcpReplayWindow


@given(start=st.integers(0, 0xFFFF), steps=st.lists(st.integers(1, 0x7FFF), max_size=50))
def test_a_stream_that_only_grows_is_followed(start: int, steps: list[int]) -> None:
    window = ReplayWindow()
    index = start
    for step in [0, *steps]:
        index += step
        assert window.index(index & 0xFFFF) == index
        window.accept(index)
        assert window.index(index & 0xFFFF) == REPLAYED


@given(order=st.permutations(list(range(0xFFF0, 0x10010))))
def test_reordered_packets_are_each_accepted_once(order: list[int]) -> None:
    window = ReplayWindow()
    window.accept(0xFFE0)
    for index in order:
        assert window.index(index & 0xFFFF) == index
        window.accept(index)
    assert all(window.index(index & 0xFFFF) == REPLAYED for index in order)


def test_what_is_too_old_is_refused() -> None:
    window = ReplayWindow()
    window.accept(5000)
    assert window.index(5000 - WINDOW_BITS) == REPLAYED
    assert window.index(5000 - WINDOW_BITS + 1) == 5000 - WINDOW_BITS + 1


def test_nothing_precedes_the_first_rollover() -> None:
    window = ReplayWindow()
    window.accept(3)
    assert window.index(0xFFFF) == REPLAYED


def test_rtcp_indices_are_accepted_once() -> None:
    window = RtcpReplayWindow()
    assert window.is_new(10)
    window.accept(10)
    assert not window.is_new(10)
    assert window.is_new(9)
    window.accept(9)
    assert not window.is_new(9)
    window.accept(12)
    assert not window.is_new(10)
    window.accept(12 + WINDOW_BITS)
    assert not window.is_new(12)
    assert not window.is_new(12 + WINDOW_BITS)
