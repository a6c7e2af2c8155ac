"""Tables for spreadsheets: RFC 4180 text, in which no name is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def as_csv(head: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A heading and its lines; a missing value is empty, a fraction has up to three digits."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
