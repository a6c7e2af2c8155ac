"""One outgoing stream out of several layers: numbers, time, and what of them is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from media.rtp.clocks import ClockReport, ahead, aligned, succeeding
from media.rtp.demand import LAYER_OFF_S, SOURCE_OFF_S, Demand
from media.rtp.floor import Floor
from media.rtp.keyframes import EXPECTED_S, REQUEST_INTERVAL_S, KeyframeThrottle
from media.rtp.seqmap import UNMAPPED, SequenceMap

RATE = 90_000
TICKS = st.integers(0, 0xFFFFFFFF)


# --- sequence numbers over several numberings ---


@given(runs=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 9)), max_size=12))
def test_switching_leaves_no_gap_and_remembers_whose_number_it_was(
    runs: list[tuple[int, int]],
) -> None:
    sequence: SequenceMap[int] = SequenceMap(500, -1)
    sent: list[tuple[int, int]] = []
    for origin, (start, count) in enumerate(runs):
        sequence.switch(start, origin)
        for number in range(start, start + count):
            assert sequence.map(number) == 500 + len(sent)
            sent.append((origin, number))
    assert [sequence.locate(500 + at) for at in range(len(sent))] == sent
    assert sequence.locate(500 + len(sent)) is None
    assert sequence.locate(499) is None


def test_a_late_packet_of_another_numbering_finds_no_place() -> None:
    sequence: SequenceMap[str] = SequenceMap(0, "")
    sequence.switch(10, "small")
    assert [sequence.map(10), sequence.map(12)] == [0, 2]
    sequence.switch(1000, "large")
    assert sequence.map(1000) == 3
    assert sequence.map(11) == UNMAPPED
    assert sequence.locate(1) == ("small", 11), "but a retransmission of it does"


# --- timestamps ---


@given(captured=st.floats(0, 1000), one=TICKS, other=TICKS, at=st.floats(0, 1000))
def test_layers_of_one_camera_agree_on_the_time(
    captured: float, one: int, other: int, at: float
) -> None:
    def stamp(first: int, seconds: float) -> int:
        return first + round(seconds * RATE) & 0xFFFFFFFF

    def report(first: int, seconds: float) -> ClockReport:
        return ClockReport(round(seconds * 2**32), stamp(first, seconds))

    mapped = aligned(stamp(one, captured), report(one, at), report(other, at / 2), RATE)
    assert abs(ahead(mapped, stamp(other, captured))) <= 3  # rounding


@given(last=TICKS, elapsed=st.integers(-RATE, RATE), offset=st.integers(-RATE, RATE))
def test_time_goes_on_over_a_switch(last: int, elapsed: int, offset: int) -> None:
    aimed = last + offset & 0xFFFFFFFF
    following = succeeding(last, elapsed, aimed, 90, RATE // 2)
    assert ahead(following, last) >= 90
    believed = abs(offset - max(elapsed, 90)) <= RATE // 2
    if believed and offset >= 90:
        assert following == aimed
    if not believed:
        assert following == succeeding(last, elapsed, None, 90, RATE // 2)


# --- what is wanted ---


def test_a_layer_is_missed_at_once_and_left_out_late() -> None:
    demand = Demand(3)
    assert demand.look(3, 0.0), "told once, so that both agree"
    assert not demand.look(3, 0.1)
    assert not demand.look(1, 1.0)
    assert not demand.look(1, 1.0 + LAYER_OFF_S - 0.1)
    assert demand.look(1, 1.0 + LAYER_OFF_S)
    assert demand.told == 1
    assert demand.look(2, 3.1)
    assert demand.told == 2


def test_a_moment_without_demand_is_not_told() -> None:
    demand = Demand(3)
    assert demand.look(3, 0.0)
    assert not demand.look(2, 1.0)
    assert not demand.look(3, 1.0 + LAYER_OFF_S - 0.1)
    assert not demand.look(2, 1.0 + LAYER_OFF_S)
    assert not demand.look(2, 1.0 + LAYER_OFF_S + 1)


def test_a_source_that_nobody_sees_goes_on_for_a_while() -> None:
    demand = Demand(1)
    assert not demand.look(0, 0.0)
    assert not demand.look(0, SOURCE_OFF_S - 0.1)
    assert demand.look(0, SOURCE_OFF_S)
    assert demand.look(1, SOURCE_OFF_S + 0.1)


def test_a_stream_that_begins_may_bring_its_own_keyframe() -> None:
    throttle = KeyframeThrottle()
    throttle.expect(1.0)
    assert not throttle.request(1.0)
    assert not throttle.poll(1.0 + EXPECTED_S / 2)
    assert throttle.poll(1.0 + EXPECTED_S)
    assert not throttle.poll(1.0 + EXPECTED_S + REQUEST_INTERVAL_S / 2)


# --- whose picture is worth most ---


def test_who_spoke_last_is_shown_where_there_are_too_many() -> None:
    floor = Floor()
    people = [f"p{number}" for number in range(12)]
    assert floor.order == []
    assert floor.left_out(people[:9]) == set()
    assert floor.left_out(people) == {"p9", "p10", "p11"}, "in order of coming while all are silent"
    assert floor.heard(["p11", "p10"])
    assert not floor.heard(["p11", "p10"])
    assert not floor.heard([])
    assert floor.first == "p11"
    assert floor.left_out(people) == {"p7", "p8", "p9"}
    assert floor.heard(["p9"])
    assert floor.order == ["p9", "p11", "p10"]
    floor.forget("p9")
    floor.forget("p9")
    assert floor.left_out(people, 2) == set(people) - {"p11", "p10"}
