"""What was sent when, across the end of the ring."""

from media.rtp.sent import MASK, RING, SentLog


def send(log: SentLog, sizes: list[int], now: float) -> None:
    for size in sizes:
        log.sizes[log.next & MASK] = size
        log.next += 1
    log.stamp(now)


def test_a_batch_leaves_at_one_time() -> None:
    log = SentLog()
    send(log, [100, 200, 300], 1.0)
    send(log, [], 2.0)
    send(log, [400], 3.0)
    assert list(log.times[:5]) == [1.0, 1.0, 1.0, 3.0, 0.0]
    assert list(log.sizes[:5]) == [100, 200, 300, 400, 0]


def test_the_ring_goes_round() -> None:
    log = SentLog()
    send(log, [1] * (RING - 2), 1.0)
    send(log, [2] * 5, 2.0)
    assert list(log.times[:4]) == [2.0, 2.0, 2.0, 1.0]
    assert list(log.times[-3:]) == [1.0, 2.0, 2.0]
