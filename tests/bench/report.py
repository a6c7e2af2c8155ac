"""Rows of a benchmark's report, and how people read them while it runs."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

Value = float | None


def tell(text: str) -> None:
    """One line of progress; standard output is for the report."""
    print(text, file=sys.stderr, flush=True)


def row(name: str, unit: str, value: Value, peer: str = "", peer_value: Value = None) -> Any:
    """What `results` lists; the ratio is ours to the peer's."""
    ratio = None if value is None or not peer_value else value / peer_value
    return {
        "name": name,
        "value": _rounded(value),
        "unit": unit,
        "peer": peer,
        "peer_value": _rounded(peer_value),
        "ratio": _rounded(ratio),
    }


def compare(name: str, unit: str, values: Mapping[str, Value]) -> list[Any]:
    """A row for each peer: the first of the values is ours."""
    (_, ours), *peers = values.items()
    if not peers:
        return [row(name, unit, ours)]
    return [row(name, unit, ours, peer, value) for peer, value in peers]


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show rows to people."""
    width = max((len(one["name"]) for one in rows), default=0)
    tell(f"{'':{width}}  {'ours':>10}  {'theirs':>10}  {'ratio':>6}")
    for one in rows:
        ours, theirs, ratio = (_shown(one[key]) for key in ("value", "peer_value", "ratio"))
        about = f"{one['unit']}  {one['peer']}"
        tell(f"{one['name']:{width}}  {ours:>10}  {theirs:>10}  {ratio:>6}  {about}")


def _shown(value: Value) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _rounded(value: Value) -> Value:
    return None if value is None else round(value, 4)
