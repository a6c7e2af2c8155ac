"""A short soak: nobody who left leaves anything behind. Its length is the benchmark's option."""

import os

import pytest

from tests.bench import soak

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))
SHARE, LOAD = 0.02, 0.2
"""One room of each kind; a fifth of a call's packets, since others compute beside it and what is
left behind is left by people who come and go."""
NOTHING = (
    "rooms left over",
    "tasks left over in the pool",
    "open files left over",
    "threads left over",
    "workers that died",
    "drops that nobody expects",
)


@pytest.mark.slow
def test_a_short_soak_leaves_nothing_behind() -> None:
    values = {row["name"]: row["value"] for row in soak.run(SECONDS, SHARE, LOAD)["results"]}
    assert {name: values[name] for name in NOTHING} == dict.fromkeys(NOTHING, 0)
    assert values["people who joined"] > values["people"] / 2
    assert values["packets due in them"] > 0


def test_a_slope_is_that_of_the_line() -> None:
    assert soak._slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == pytest.approx(2.0)
    assert soak._slope([(0.0, 1.0)]) == 0.0
