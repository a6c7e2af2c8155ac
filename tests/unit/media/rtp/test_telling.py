"""Speakers and quality: what people are told about a call."""

from hypothesis import given
from hypothesis import strategies as st

from media.rtp.estimate import CEILING_BPS, FLOOR_BPS, START_BPS, LossEstimate
from media.rtp.quality import LossMeter, score
from media.rtp.speakers import SpeakerRanking


def settled(ranking: SpeakerRanking, levels: dict[str, int], looks: int = 12) -> list[str]:
    order: list[str] = []
    for _ in range(looks):
        told = ranking.look(levels)
        order = [peer for peer, _ in told] if told is not None else order
    return order


def test_the_loudest_comes_first_and_silence_is_not_listed() -> None:
    ranking = SpeakerRanking()
    assert settled(ranking, {"anna": 20, "bruno": 40, "carla": 100}) == ["anna", "bruno"]


def test_a_slightly_louder_peer_does_not_take_the_floor() -> None:
    ranking = SpeakerRanking()
    settled(ranking, {"anna": 25, "bruno": 45})
    assert settled(ranking, {"anna": 25, "bruno": 22})[:1] in ([], ["anna"])


def test_a_clearly_louder_peer_takes_it() -> None:
    ranking = SpeakerRanking()
    settled(ranking, {"anna": 40, "bruno": 45})
    assert settled(ranking, {"anna": 40, "bruno": 15})[0] == "bruno"


def test_the_floor_passes_when_its_holder_falls_silent_or_leaves() -> None:
    ranking = SpeakerRanking()
    settled(ranking, {"anna": 20, "bruno": 30})
    assert settled(ranking, {"anna": 127, "bruno": 30}) == ["bruno"]
    assert settled(ranking, {"carla": 30}) == ["carla"]
    assert settled(ranking, {"carla": 127}) == []
    assert ranking.look({"carla": 127}) is None


def test_nothing_is_told_when_nothing_changed() -> None:
    ranking = SpeakerRanking()
    settled(ranking, {"anna": 20}, looks=30)
    assert ranking.look({"anna": 21}) is None


def test_a_much_changed_level_is_told() -> None:
    ranking = SpeakerRanking()
    settled(ranking, {"anna": 45}, looks=30)
    assert settled(ranking, {"anna": 10}) == ["anna"]


def test_a_perfect_link_is_excellent_and_a_broken_one_is_not() -> None:
    assert score(0.0, 1.0, 10.0) >= 4.8
    assert score(0.05, 30.0, 150.0) < 4.5
    assert score(0.5, 100.0, 1000.0) == 0.0


@given(
    loss=st.floats(0, 1), jitter=st.floats(0, 1000), rtt=st.floats(0, 5000), more=st.floats(0, 0.5)
)
def test_loss_never_raises_the_score(loss: float, jitter: float, rtt: float, more: float) -> None:
    better, worse = score(loss, jitter, rtt), score(min(loss + more, 1), jitter, rtt)
    assert 0 <= worse <= better <= 5


def test_loss_is_counted_between_looks() -> None:
    meter = LossMeter()
    assert meter.look(100, 90) == (100, 10)
    assert meter.look(200, 190) == (100, 0)
    assert meter.look(200, 195) == (0, 0)
    assert meter.look(50, 50) == (50, 0)


def test_the_estimate_grows_without_loss_and_shrinks_with_it() -> None:
    estimate = LossEstimate()
    assert estimate.look(0) > START_BPS
    grown = estimate.look(0)
    assert estimate.look(13) == grown  # 5 %: hold
    assert estimate.look(128) < grown
    for _ in range(100):
        estimate.look(255)
    assert estimate.bitrate == FLOOR_BPS
    for _ in range(100):
        estimate.look(0)
    assert estimate.bitrate == CEILING_BPS
