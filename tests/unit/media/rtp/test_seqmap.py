"""Sequence mapping: ordered, unique and gapless across wrap and drops."""

from hypothesis import given
from hypothesis import strategies as st

from media.rtp.seqmap import UNMAPPED, SequenceMap, nearest

STEPS = st.lists(st.sampled_from(["send", "withhold", "lose", "pause"]), min_size=1, max_size=60)


def test_numbers_pass_through_shifted() -> None:
    sequence = SequenceMap(100, None)
    sequence.resume(70_000)
    assert [sequence.map(70_000), sequence.map(70_001)] == [100, 101]


@given(steps=STEPS, start=st.integers(0, 1 << 20), first=st.integers(0, 0x7FFF))
def test_in_order_packets_leave_without_gap_but_for_the_lost(
    steps: list[str], start: int, first: int
) -> None:
    sequence = SequenceMap(first, None)
    sequence.resume(start)
    number, expected = start, first
    lost: dict[int, int] = {}
    for step in steps:
        if step == "send":
            assert sequence.map(number) == expected
            assert sequence.locate(expected) == (None, number)
            expected += 1
        elif step == "withhold":
            sequence.withhold(number)
        elif step == "lose":
            lost[number] = expected
            expected += 1
        else:  # a mute: what was lost just before it is forgotten with it
            number += 7
            lost = {index: out for index, out in lost.items() if out < sequence.next_out}
            expected = sequence.next_out
            sequence.resume(number)
            assert sequence.map(number) == expected
            expected += 1
        number += 1


@given(
    order=st.permutations(list(range(24))),
    withheld=st.sets(st.integers(0, 23), max_size=8),
)
def test_outputs_keep_the_order_of_inputs_and_never_repeat(
    order: list[int], withheld: set[int]
) -> None:
    sequence = SequenceMap(0, None)
    sequence.resume(0)
    outs: dict[int, int] = {}
    for index in order:
        if index in withheld:
            sequence.withhold(index)
        elif (out := sequence.map(index)) != UNMAPPED:
            outs[index] = out
            assert sequence.locate(out) == (None, index)
    in_order = [outs[index] for index in sorted(outs)]
    assert in_order == sorted(set(in_order))


def test_a_late_packet_finds_its_gap() -> None:
    sequence = SequenceMap(0, None)
    sequence.resume(10)
    sequence.map(10)
    sequence.withhold(12)  # 11 is missing
    assert sequence.map(13) == 2
    assert sequence.map(11) == 1
    assert sequence.map(12) == UNMAPPED
    assert sequence.map(9) == UNMAPPED


def test_late_calls_change_nothing() -> None:
    sequence = SequenceMap(0, None)
    sequence.resume(5)
    sequence.map(5)
    sequence.withhold(4)
    sequence.resume(3)
    assert sequence.map(6) == 1
    assert sequence.locate(40) is None
    assert sequence.locate(-1) is None


def test_origin_reaches_back_over_a_mute() -> None:
    sequence = SequenceMap(0, None)
    sequence.resume(0)
    sequence.map(0)
    sequence.resume(50)
    sequence.map(50)
    assert [sequence.locate(0), sequence.locate(1)] == [(None, 0), (None, 50)]


@given(reference=st.integers(0x10000, 1 << 40), ahead=st.integers(-0x8000, 0x7FFF))
def test_nearest_unwraps(reference: int, ahead: int) -> None:
    assert nearest((reference + ahead) & 0xFFFF, reference) == reference + ahead
