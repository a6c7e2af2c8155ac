"""The product in a process that can be killed, and somebody in a room of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The running product, with its demo network."""
    product = Product(tmp_path, {"MEDIA_WORKERS": "1"})
    try:
        product.start()
        yield product
    finally:
        product.stop()
