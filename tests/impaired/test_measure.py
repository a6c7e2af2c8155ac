"""Recorded samples become what a person would say of them."""

from typing import Any

import pytest

from tests.impaired.measure import Sample, audio_back_s, summarise, width_back_s, width_within_s


def sample(n: int, *, concealed: float = 0, events: float = 0, **changes: Any) -> Sample:
    audio = {"total": 9600.0, "concealed": concealed, "events": events}
    video = {"frames": 5.0, "frozen": 0.0, "freezes": 0.0, "bytes": 5000.0}
    values: dict[str, Any] = {"audio": audio, "video": video, "width": 320}
    values |= {"height": 180, "rtt_ms": 40.0}
    return Sample(at=100 + n / 5, seconds=0.2, **(values | changes))


def test_many_short_concealments_are_no_gap_and_one_long_one_is() -> None:
    assert not sample(0, concealed=4000, events=4).has_gap
    assert sample(0, concealed=4000, events=1).has_gap
    assert sample(0, concealed=9600, events=0).has_gap, "it began before"
    assert sample(0, audio={}).has_gap, "nothing was played at all"


def test_a_stretch_is_summed_up() -> None:
    stretch = [sample(n) for n in range(9)] + [sample(9, concealed=9600, video={})]
    summary = summarise(stretch)
    assert summary.whole_audio == pytest.approx(0.9)
    assert summary.concealed == pytest.approx(0.1)
    assert summary.fps == pytest.approx(22.5)
    assert summary.freeze_max_s == pytest.approx(0.2)


def test_sound_is_back_when_it_stays() -> None:
    good, silent = list(range(20)), [5, 6, 9]
    samples = [sample(n, concealed=9600 * (n in silent)) for n in good]
    assert audio_back_s(samples, 100.95) == pytest.approx(0.85)
    assert audio_back_s(samples[:13], 100.95) is None, "not yet for long"
    assert audio_back_s(samples, 102.0) == 0


def test_layers_go_down_and_come_back() -> None:
    widths = [640, 640, 0, 320, 320, 640]
    samples = [sample(n, width=width) for n, width in enumerate(widths)]
    assert width_within_s(samples, 100.1, below=640) == pytest.approx(0.5)
    assert width_back_s(samples, 100.5, least=640) == pytest.approx(0.5)
    assert width_back_s(samples, 101.0, least=640) is None
