"""Looking at a screen: accessible by axe-core, no sideways scrolling, a picture to keep.

`SCREENSHOTS=docs/screenshots` keeps the pictures that the documentation shows.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from tests.e2e.product import ROOT
from tests.e2e.seat import ChromiumSeat

AXE = ROOT / "client_web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
KEEP = "SCREENSHOTS"
COLOURED = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules that a theme decides; to all others each theme shows the same document."""
Theme = Literal["light", "dark"]
THEMES: Sequence[Theme] = ("light", "dark")
COLOURS = 128
"""Enough for a flat interface, and a quarter of the bytes."""


async def look(seat: ChromiumSeat, screen: str) -> None:
    """Check what the seat shows; keep `<screen>-<phone|desktop>-<theme>.png`.

    Phones are looked at in the dark, desktops in the light, both in both when pictures are kept.
    """
    usual: Theme = "dark" if seat.form == "phone" else "light"
    await look_in(THEMES if os.environ.get(KEEP) else (usual,), seat, screen)


async def look_in(themes: Sequence[Theme], seat: ChromiumSeat, screen: str) -> None:
    """The same in these themes."""
    for theme in themes:
        await seat.page.emulate_media(color_scheme=theme)
        rules = TAGS if theme == themes[0] else COLOURED
        await _look_once(seat, screen, f"{seat.form}-{theme}", rules)


async def _look_once(seat: ChromiumSeat, screen: str, suffix: str, rules: Any) -> None:
    """Check what the seat shows now, and keep its picture when asked to."""
    await seat.page.wait_for_timeout(400)  # animations end
    if not await seat.page.evaluate("!!window.axe"):
        await seat.page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = await seat.page.evaluate(
        """async (rules) => (await axe.run(document, {runOnly: rules})).violations.map(
            one => ({id: one.id, help: one.help, nodes: one.nodes.map(node => node.html)}))""",
        rules,
    )
    assert found == [], f"{screen} ({suffix}): {found}"
    wide = await seat.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{screen} ({suffix}) scrolls sideways"
    folder = os.environ.get(KEEP)
    if folder:
        _store(await seat.page.screenshot(), Path(folder) / f"{screen}-{suffix}.png")


def _store(picture: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS).save(path, optimize=True)
