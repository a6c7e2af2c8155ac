"""How long pictures wait for what is repaired on the publisher's way."""

from media.rtp.nack import FIRST_WAIT_S, NackTracker
from media.rtp.playout import LEAST_MAX_S, REPAIRS_MIN, SPAN_S, Repairs, delay

NOW = 50.0


def repaired(*took_s: float) -> Repairs:
    repairs = Repairs()
    for one in took_s:
        repairs.note(one, NOW)
    return repairs


def test_a_clean_link_waits_for_nothing() -> None:
    assert Repairs().least_s(NOW) == 0.0
    assert repaired(*[0.12] * (REPAIRS_MIN - 1)).least_s(NOW) == 0.0


def test_pictures_wait_for_the_longest_repair_within_bounds() -> None:
    assert repaired(0.08, 0.15, 0.1).least_s(NOW) == 0.15
    assert repaired(0.08, 2.0, 0.1).least_s(NOW) == LEAST_MAX_S


def test_what_was_repaired_is_remembered_for_a_while() -> None:
    repairs = repaired(0.08, 0.15, 0.1)
    assert repairs.least_s(NOW + SPAN_S) == 0.15
    assert repairs.least_s(NOW + 2 * SPAN_S) == 0.0
    repairs = repaired(0.08, 0.15, 0.1)
    assert repairs.least_s(NOW + 3 * SPAN_S) == 0.0


def test_only_what_came_because_it_was_asked_for_counts() -> None:
    tracker = NackTracker()
    tracker.received(0, NOW)
    tracker.received(4, NOW)
    tracker.received(1, NOW + FIRST_WAIT_S / 2)  # overtaken, that is all
    tracker.due(NOW + FIRST_WAIT_S)
    for late, index in ((0.05, 2), (0.07, 3), (0.09, 3)):
        tracker.received(index, NOW + late)
    assert tracker.repairs.least_s(NOW + 1) == 0.0
    tracker.received(6, NOW + 1)
    tracker.due(NOW + 1 + FIRST_WAIT_S)
    tracker.received(5, NOW + 1.03)
    assert round(tracker.repairs.least_s(NOW + 1.1), 6) == 0.07


def test_the_extension_is_two_numbers_of_twelve_bits_in_tens_of_milliseconds() -> None:
    high, low = delay(0.123)
    assert (high << 8 | low) >> 12 == 13
    assert (high << 8 | low) & 0xFFF == 0xFFF
    assert delay(0.0) == (0x000F, 0xFF)
    assert delay(1000.0) == (0xFFFF, 0xFF)
