"""Each noun's rows of the authorisation matrix, and what it adds to the world before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules

from tests.smoke.api.case import Case
from tests.smoke.api.world import World

Furnish = Callable[[World], Awaitable[None]]
_MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

CASES: dict[tuple[str, str], Case] = {
    key: case for module in _MODULES for key, case in module.CASES.items()
}
FURNISHERS: list[Furnish] = [module.furnish for module in _MODULES if hasattr(module, "furnish")]
