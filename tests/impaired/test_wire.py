"""The relay does to packets what it was told, and the same again for the same seed."""

import itertools

import pytest

from tests.impaired.wire import Burst, Impairment, Wire

PACKETS = 20_000


def arrivals(how: Impairment, *, seed: int = 1, gap_s: float = 0.01) -> list[float | None]:
    wire = Wire(seed, how)
    return [wire.carry(972, n * gap_s) for n in range(PACKETS)]


def lost(how: Impairment) -> float:
    return arrivals(how).count(None) / PACKETS


def test_nothing_happens_to_packets_by_default() -> None:
    assert arrivals(Impairment())[:3] == [0.0, 0.01, 0.02]


def test_loss_is_as_asked_and_repeats_with_its_seed() -> None:
    how = Impairment(loss=0.1)
    assert lost(how) == pytest.approx(0.1, abs=0.01)
    assert arrivals(how) == arrivals(how) != arrivals(how, seed=2)


def test_bursts_are_as_long_as_asked() -> None:
    came = arrivals(Impairment(burst=Burst(enter=0.01, leave=0.25)))
    runs = [len(list(run)) for gone, run in itertools.groupby(c is None for c in came) if gone]
    assert sum(runs) / len(runs) == pytest.approx(4, rel=0.15)
    assert came.count(None) / PACKETS == pytest.approx(0.01 / 0.26, rel=0.2)


def test_jitter_overtakes_unless_order_is_kept() -> None:
    how = Impairment(delay_ms=40, jitter_ms=40)
    delays = [at - n * 0.01 for n, at in enumerate(arrivals(how)) if at is not None]
    assert -1e-9 <= min(delays) < 0.002
    assert 0.078 < max(delays) <= 0.080 + 1e-9
    assert sorted(delays) != delays
    kept = arrivals(Impairment(delay_ms=40, jitter_ms=40, keeps_order=True))
    assert kept == sorted(at for at in kept if at is not None)


def test_some_packets_go_ahead() -> None:
    came = arrivals(Impairment(delay_ms=50, reorder=0.05))
    ahead = sum(at == n * 0.01 for n, at in enumerate(came))
    assert ahead / PACKETS == pytest.approx(0.05, abs=0.01)


def test_a_rate_is_kept_by_a_bounded_queue() -> None:
    came = arrivals(Impairment(rate_kbps=400, queue_ms=200))
    waits = [at - n * 0.01 for n, at in enumerate(came) if at is not None]
    last = next(at for at in reversed(came) if at is not None)
    assert len(waits) * 1000 * 8 / last == pytest.approx(400_000, rel=0.01)
    assert 0.2 < max(waits) < 0.23


def test_a_blocked_link_carries_nothing() -> None:
    assert lost(Impairment(is_blocked=True)) == 1
