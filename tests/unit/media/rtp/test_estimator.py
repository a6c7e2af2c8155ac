"""The send-side estimate on simulated links: convergence, reaction, recovery."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp.estimator import CEILING_BPS, FLOOR_BPS, Cause, Estimator
from media.rtp.sent import SentLog
from tests.unit.media.rtp import link as link_module
from tests.unit.media.rtp.link import Call, Link

LAYERS = (0.0, 150e3, 500e3, 1500e3, 2300e3)
WANTED = 2.8e6


def encoder(estimate: float) -> float:
    """One adaptive picture, up to 2.5 Mbit/s."""
    return min(0.9 * estimate - 40e3, 2.5e6)


def simulcast(estimate: float) -> float:
    """The best of some layers."""
    return max(layer for layer in LAYERS if layer * 1.05 <= estimate)


SOURCES = pytest.mark.parametrize("video", [encoder, simulcast])
Video = Callable[[float], float]


@SOURCES
def test_the_first_second_finds_what_the_link_carries(video: Video) -> None:
    call = Call(Link(3e6), video, WANTED)
    call.run_until(lambda bitrate: bitrate > 2.3e6, within_s=1.5)
    call.run(10)
    assert call.estimator.bitrate > 2.3e6
    assert call.audio_lost == 0


@SOURCES
def test_a_squeezed_link_is_noticed_and_found_again(video: Video) -> None:
    link = Link(3e6)
    call = Call(link, video, WANTED).run(5)
    link.rate = 300e3
    call.run_until(lambda bitrate: bitrate < 300e3, within_s=1.5)
    assert call.estimator.cause in (Cause.DELAY, Cause.LOSS)
    call.run(3)
    call.audio_waits.clear()
    call.run(5)
    waits = sorted(call.audio_waits)
    assert waits[len(waits) * 95 // 100] < 0.30, "the queue drains for the sound"
    assert 100e3 < call.estimator.bitrate < 450e3
    link.rate = 3e6
    call.run_until(lambda bitrate: bitrate > 2.3e6, within_s=7)


@pytest.mark.parametrize("seed", range(5))
def test_a_link_full_of_little_is_noticed_before_sound_is_lost(seed: int) -> None:
    """Less leaves than the estimate allows, and still it is more than the link carries."""
    link = Link(3e6, queue_s=0.3, dice=random.Random(seed))
    call = Call(link, lambda bitrate: 432e3 if bitrate > 476e3 else 162e3, 573e3)
    call.run(20 + 0.02 * seed)
    assert call.estimator.bitrate > 1e6
    link.rate, call.audio_lost = 300e3, 0
    call.run_until(lambda bitrate: bitrate < 320e3, within_s=0.35)
    call.run(2)
    assert call.audio_lost == 0


@pytest.mark.parametrize("video", [900e3, 2300e3])
@pytest.mark.parametrize("feedback_s", [0.05, 0.1])
def test_a_quiet_link_that_becomes_too_small_is_noticed_at_once(
    video: float, feedback_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line through a second of delays would need half of one."""
    monkeypatch.setattr(link_module, "FEEDBACK_S", feedback_s)
    link = Link(3e6, queue_s=0.3)
    call = Call(link, lambda bitrate: video if bitrate > 1.1 * video else 150e3, 1.3 * video)
    call.run(12)
    link.rate = 300e3
    call.run_until(lambda bitrate: bitrate < 300e3, within_s=0.3)


def test_a_policed_link_is_noticed_by_its_loss() -> None:
    link = Link(3e6, queue_s=0.012)
    call = Call(link, simulcast, WANTED).run(4)
    link.rate = 300e3
    call.run_until(lambda bitrate: bitrate < 500e3, within_s=4)
    assert call.estimator.cause is Cause.LOSS


def test_loss_of_a_radio_link_starves_nothing() -> None:
    call = Call(Link(20e6, loss=0.10, jitter_s=0.04), simulcast, WANTED).run(20)
    assert call.estimator.bitrate > 1.2e6


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("loss", [0.0, 0.10])
def test_a_small_picture_stays_where_packets_overtake_each_other(seed: int, loss: float) -> None:
    """Far below what the link carries nothing that it does may look like too much."""
    link = Link(50e6, delay_s=0.01, dice=random.Random(seed))
    call = Call(link, lambda _: 150e3, 270e3).run(10)
    before = call.estimator.bitrate
    link.delay_s, link.jitter_s, link.loss = 0.0, 0.08, loss
    call.run(24)
    assert call.estimator.bitrate > 0.8 * before


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("jitter_s", [0.02, 0.04])
def test_a_small_picture_stays_where_packets_hold_each_other_back(
    seed: int, jitter_s: float
) -> None:
    """A radio link delivers in order: what was late and all behind it come together."""
    link = Link(50e6, delay_s=0.01, keeps_order=True, dice=random.Random(seed))
    call = Call(link, lambda _: 150e3, 270e3).run(10)
    before = call.estimator.bitrate
    link.jitter_s = jitter_s
    call.run(24)
    assert call.estimator.bitrate > 0.8 * before


def test_jitter_is_no_queue() -> None:
    call = Call(Link(20e6, jitter_s=0.06), encoder, WANTED).run(20)
    assert call.estimator.bitrate > 2e6


def test_silence_halves() -> None:
    call = Call(Link(3e6), encoder, WANTED).run(4)
    before = call.estimator.bitrate
    call._feedback.take()
    call.link.loss = 1.0
    call.run(6)
    assert call.estimator.bitrate < before / 4
    assert call.estimator.cause in (Cause.SILENCE, Cause.LOSS)


def test_without_feedback_reports_and_remb_count() -> None:
    estimator = Estimator(SentLog())
    blind = estimator.bitrate
    estimator.limit(700_000, 1.0)
    assert estimator.bitrate == 700_000 < blind
    assert estimator.cause is Cause.REMB
    for second in range(10):
        estimator.reported(64, 100, float(second))
    assert estimator.bitrate < 400_000
    assert str(estimator.cause) == "loss"


@settings(deadline=None)
@given(bodies=st.lists(st.binary(min_size=0, max_size=60), max_size=20))
def test_nonsense_is_refused_or_harmless(bodies: list[bytes]) -> None:
    log = SentLog()
    log.next = 3000
    log.stamp(1.0)
    estimator = Estimator(log)
    for count, body in enumerate(bodies):
        try:
            estimator.receive(body, 1.0 + count / 10)
        except ValueError:
            continue
    assert FLOOR_BPS <= estimator.bitrate <= CEILING_BPS


def test_a_pause_of_the_call_is_no_silence() -> None:
    call = Call(Link(3e6), encoder, WANTED).run(4)
    before = call.estimator.bitrate
    for _ in range(60):
        call.now += 1
        call.estimator.tick(call.now)
    call._next = dict.fromkeys(call._next, call.now)
    call.run(1)
    assert call.estimator.cause is Cause.NONE
    assert call.estimator.bitrate >= before * 0.9


def test_what_arrives_without_a_queue_is_carried() -> None:
    call = Call(Link(20e6), lambda _: 5e6, wanted=0.0).run(2)
    assert call.estimator.bitrate > 4.5e6


def test_another_path_may_be_longer() -> None:
    call = Call(Link(20e6), encoder, WANTED).run(4)
    call.link.delay_s = 0.3
    call.estimator.moved()
    call.run(0.5)
    call.estimator.moved()
    call.run(5)
    assert call.estimator.cause is not Cause.DELAY
