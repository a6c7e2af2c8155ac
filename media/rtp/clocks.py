"""Timestamps of streams that one clock captured (RFC 3550 §6.4.1)."""

from typing import NamedTuple

_MASK = 0xFFFFFFFF


class ClockReport(NamedTuple):
    """A sender report: this timestamp was captured at this 64-bit NTP time."""

    ntp: int
    timestamp: int


def aligned(timestamp: int, own: ClockReport, other: ClockReport, clock_rate: int) -> int:
    """A timestamp of the own stream as the other stream would have stamped that moment."""
    ticks = (own.ntp - other.ntp) * clock_rate >> 32
    return timestamp - own.timestamp + other.timestamp + ticks & _MASK


def ahead(timestamp: int, reference: int) -> int:
    """How many ticks a timestamp lies after the reference, negative before it."""
    return ((timestamp - reference + 0x80000000) & _MASK) - 0x80000000


def succeeding(last: int, elapsed: int, timestamp: int | None, step: int, doubt: int) -> int:
    """The timestamp with which another stream goes on after the last one sent.

    `elapsed` ticks went by since; an aligned `timestamp` is believed within `doubt` ticks of
    that; time never stands still: at least `step` ticks.
    """
    by_arrival = last + max(elapsed, step) & _MASK
    if timestamp is None or abs(ahead(timestamp, by_arrival)) > doubt:
        return by_arrival
    return timestamp if ahead(timestamp, last) >= step else last + step & _MASK
