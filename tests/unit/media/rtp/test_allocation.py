"""Who gets how much of a link."""

from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp.allocation import HEADROOM, HOLD_S, KEEP_SHARE, Allocator, Demand, allocate

TILE, SPEAKER, SCREEN = 0, 1, 2
CAMERA = (150e3, 500e3, 1500e3)


def test_screens_then_the_speaker_then_tiles() -> None:
    tiles = [Demand(TILE, CAMERA) for _ in range(3)]
    speaker, screen = Demand(SPEAKER, CAMERA), Demand(SCREEN, (400e3, 1200e3))
    demands = [*tiles, speaker, screen]
    assert allocate(10e6, demands) == [2, 2, 2, 2, 1]
    assert allocate(3.4e6, demands) == [0, 0, 0, 2, 1]
    assert allocate(3.9e6, demands) == [1, 1, 0, 2, 1], "tiles rise together"
    assert allocate(1.0e6, demands) == [0, 0, 0, 0, 0]
    assert allocate(0.7e6, demands) == [0, -1, -1, 0, 0], "paused, not starved"
    assert allocate(0.3e6, demands) == [0, -1, -1, 0, -1], "the screen does not fit"
    assert allocate(0, demands) == [-1] * 5


@settings(deadline=None)
@given(
    budget=st.floats(0, 5e6),
    demands=st.lists(
        st.builds(
            Demand,
            st.integers(0, 2),
            st.lists(st.floats(1e4, 3e6), max_size=3).map(lambda needs: tuple(sorted(needs))),
        ),
        max_size=12,
    ),
)
def test_what_is_given_is_there(budget: float, demands: list[Demand]) -> None:
    chosen = allocate(budget, demands)
    cost = sum(d.needs[c] for d, c in zip(demands, chosen, strict=True) if c >= 0)
    assert cost <= budget + 1
    assert all(-1 <= c < len(d.needs) for d, c in zip(demands, chosen, strict=True))


class Picture:
    """One camera and who chooses its layer."""

    def __init__(self) -> None:
        self.allocator = Allocator()
        self.current = -1

    def look(self, budget: float, now: float) -> int:
        demand = Demand(TILE, CAMERA, self.current)
        self.current = self.allocator.look(budget, {"camera": demand}, now)["camera"]
        return self.current


def test_it_begins_at_once_and_falls_at_once() -> None:
    picture = Picture()
    assert picture.look(600e3, 0.0) == 1
    assert picture.look(1e6, 0.1) == 1
    assert picture.look(1.8e6, 0.2) == 2
    assert picture.look(300e3, 0.3) == 0
    assert picture.look(100e3, 0.4) == -1


def test_it_rises_only_with_headroom_that_lasts() -> None:
    picture = Picture()
    picture.look(2e6, 0.0)
    picture.look(300e3, 20.0)
    assert picture.look(1.5e6 * HEADROOM - 1, 21.0) == 0, "not for that long yet"
    assert picture.look(1.5e6 * HEADROOM - 1, 21.0 + HOLD_S) == 1, "one step has its headroom"
    assert picture.look(1.5e6 * HEADROOM + 1, 22.0) == 1
    assert picture.look(400e3, 22.2) == 0
    assert picture.look(3e6, 22.4) == 0
    assert picture.look(3e6, 22.5 + HOLD_S) == 0, "who flaps waits longer"
    assert picture.look(3e6, 22.5 + 2 * HOLD_S) == 2


def test_a_bitrate_that_wavers_does_not_pause() -> None:
    picture = Picture()
    picture.look(200e3, 0.0)
    assert picture.look(150e3 * KEEP_SHARE + 1, 1.0) == 0
    assert picture.look(150e3 * KEEP_SHARE - 1, 2.0) == -1


def test_a_paused_picture_returns_without_headroom() -> None:
    """Headroom is for a better picture; without any, a second of stillness is the worse."""
    picture = Picture()
    picture.look(200e3, 0.0)
    assert picture.look(100e3, 1.0) == -1
    assert picture.look(151e3, 2.0) == -1
    assert picture.look(151e3, 2.0 + 2 * HOLD_S) == 0  # twice: it fell soon after it rose


def test_a_new_speaker_takes_the_place_of_the_old() -> None:
    allocator, current = Allocator(), {"anna": -1, "bruno": -1}
    for now, speaker in ((0.0, "anna"), (5.0, "bruno"), (6.0, "bruno"), (7.0, "bruno")):
        demands = {
            name: Demand(SPEAKER if name == speaker else TILE, CAMERA, position)
            for name, position in current.items()
        }
        current = allocator.look(1.9e6, demands, now)
        if now == 0.0:
            assert current == {"anna": 2, "bruno": 0}
    assert current == {"anna": 0, "bruno": 2}
