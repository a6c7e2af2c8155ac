from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from server.domain.errors import Invalid
from server.domain.figures import MONTHS_LIMIT, Measure, Share, Span, Use
from server.domain.rooms import RoomKind


def test_a_span_of_whole_months_crosses_years() -> None:
    span = Span.until(date(2026, 2, 14), 3)
    assert span.months == (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1))
    assert span.begin == datetime(2025, 12, 1, tzinfo=UTC)
    assert span.end == datetime(2026, 3, 1, tzinfo=UTC)
    assert Span.until(date(2026, 12, 31), 1).end == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("count", [0, MONTHS_LIMIT + 1])
def test_a_span_is_not_endless(count: int) -> None:
    with pytest.raises(Invalid):
        Span.until(date(2026, 2, 14), count)


def test_nothing_to_count_is_no_rate() -> None:
    assert Share(Measure.BOARD_QUORUM, 0, 0).rate is None
    assert Share(Measure.BOARD_QUORUM, 1, 2).to_wire()["rate"] == 0.5


def test_use_on_the_wire() -> None:
    assert Use(date(2026, 2, 1), RoomKind.GUARD, 3, 2).to_wire() == {
        "month": "2026-02",
        "service": "guard",
        "opened": 3,
        "called": 2,
    }
