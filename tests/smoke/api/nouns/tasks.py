"""The worklist: everybody's own."""

from __future__ import annotations

from tests.smoke.api.case import account

CASES = {("GET", "me/tasks"): account()}
