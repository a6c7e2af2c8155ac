"""Drills: administrators and radiologists."""

from __future__ import annotations

from tests.smoke.api.case import Case

_WRONG = {"host": 403, "stranger": 403, "observer": 403}

CASES = {
    ("GET", "guard/drills"): Case("colleague", _WRONG),
    ("POST", "guard/drills"): Case("colleague", _WRONG, lambda _: {"audible": False}),
}
