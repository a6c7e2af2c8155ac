"""Minutes of a link: means of what was measured, nothing where nothing was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.domain.call_quality import DAYS_LIMIT, LinkPath, Mean, MinuteMeter, Seat, Told, since
from server.domain.errors import Invalid

NOW = datetime(2026, 3, 1, 10, 0, 30, 5, tzinfo=UTC)
SEAT = Seat("call", "room", "peer", "ada", "hospital")


def reading(**changed: float) -> dict[str, float]:
    """A reading of the media plane."""
    good = {"score": 4.5, "loss_up": 0.0, "loss_down": 0.0, "jitter_ms": 2.0, "rtt_ms": 20.0}
    return good | {"kbps_up": 800.0, "kbps_down": 900.0} | changed


def test_a_minute_is_the_mean_of_its_readings() -> None:
    meter = MinuteMeter(SEAT, NOW)
    meter.hear(reading())
    meter.hear(reading(score=2.5, loss_up=0.1, rtt_ms=40.0, kbps_up=400.0))
    meter.tell(Told(LinkPath.TCP, 720, 360, 2, 1.25))
    meter.tell(Told(None, 360, None, 1, 0.5))
    minute = meter.minute()
    assert minute is not None
    assert (minute.at, minute.readings) == (NOW.replace(microsecond=0), 2)
    assert (minute.score, minute.score_min) == (3.5, 2.5)
    assert (minute.loss_up, minute.loss_down, minute.rtt_ms) == (0.05, 0.0, 30.0)
    assert (minute.kbps_up, minute.kbps_down, minute.jitter_ms) == (600.0, 900.0, 2.0)
    assert (minute.height_up, minute.height_down) == (720, 360)
    assert (minute.freezes, minute.frozen_s, minute.path) == (3, 1.75, LinkPath.TCP)
    assert minute.to_wire()["path"] == "tcp"


def test_a_silent_direction_has_no_loss_and_an_unmeasured_link_no_minute() -> None:
    meter = MinuteMeter(SEAT, NOW)
    meter.tell(Told(LinkPath.UDP))
    assert meter.minute() is None
    meter.hear(reading(kbps_down=0.0, rtt_ms=0.0))
    minute = meter.minute()
    assert minute is not None
    assert minute.loss_down is None
    assert minute.rtt_ms is None
    assert minute.loss_up == 0.0
    assert minute.height_up is None
    mute = MinuteMeter(SEAT, NOW)
    mute.hear({"score": 3.0})
    minute = mute.minute()
    assert minute is not None
    assert (minute.loss_up, minute.jitter_ms) == (None, None)
    assert minute.to_wire()["path"] is None


def test_minutes_follow_the_clock_and_keep_the_path() -> None:
    meter = MinuteMeter(SEAT, NOW)
    meter.tell(Told(LinkPath.TURN_TLS))
    assert not meter.is_over(NOW + timedelta(seconds=29))
    later = NOW + timedelta(seconds=30)
    assert meter.is_over(later)
    following = meter.begin(later)
    following.hear(reading())
    minute = following.minute()
    assert minute is not None
    assert (minute.at, minute.path) == (NOW.replace(minute=1, second=0, microsecond=0), "turn-tls")


def test_a_mean_weighs_by_readings() -> None:
    short, long = MinuteMeter(SEAT, NOW), MinuteMeter(SEAT, NOW + timedelta(minutes=1))
    short.hear(reading(score=1.0, loss_down=0.2, rtt_ms=0.0))
    for _ in range(3):
        long.hear(reading(score=5.0))
    minutes = [one for one in (short.minute(), long.minute()) if one is not None]
    assert Mean.of(minutes) == Mean(4.0, 20.0, 0.05)
    assert Mean.of(minutes[:1]) == Mean(1.0, 0.0, 0.2)
    assert Mean.of([]) is None


@pytest.mark.parametrize("days", [0, DAYS_LIMIT + 1])
def test_an_overview_is_of_some_days(days: int) -> None:
    assert since(NOW, 1) == NOW - timedelta(days=1)
    with pytest.raises(Invalid):
        since(NOW, days)
