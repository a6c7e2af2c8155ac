"""Figures of the guard: administrators and radiologists."""

from __future__ import annotations

from tests.smoke.api.case import Case

_WRONG = {"host": 403, "stranger": 403, "observer": 403}

CASES = {
    ("GET", "guard/figures"): Case("colleague", _WRONG),
    ("GET", "guard/figures.csv"): Case("colleague", _WRONG),
}
