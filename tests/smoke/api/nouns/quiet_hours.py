"""Quiet hours: everybody's own."""

from __future__ import annotations

from tests.smoke.api.case import account

NIGHT = {"start": "22:00", "end": "06:30", "zone": "Europe/Rome"}

CASES = {
    ("GET", "guard/quiet-hours"): account(),
    ("PUT", "guard/quiet-hours"): account(lambda _: {"items": [NIGHT]}),
}
