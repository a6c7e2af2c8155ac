"""Figures of the network: administrators'."""

from __future__ import annotations

from tests.smoke.api.case import administrator

CASES = {("GET", "figures"): administrator(), ("GET", "figures.csv"): administrator()}
