"""A plain SVG of what two ends received over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.impaired.measure import Sample

WIDTH, PANEL, LEFT, GAP = 760, 110, 70, 34
COLOURS = ("#0b62a4", "#b5530a")
PANELS: tuple[tuple[str, Callable[[Sample], float]], ...] = (
    ("video kbit/s", lambda one: one.video.get("bytes", 0) * 8 / 1000 / one.seconds),
    ("frames/s", lambda one: one.video.get("frames", 0) / one.seconds),
    ("width", lambda one: one.width),
    ("concealed %", lambda one: 100 * _share(one.audio)),
)


def plot(series: Mapping[str, Sequence[Sample]]) -> str:
    """One panel a quantity, one line an end; seconds along the bottom."""
    begun = min(one.at for samples in series.values() for one in samples)
    ended = max(one.at for samples in series.values() for one in samples)
    height = GAP + len(PANELS) * (PANEL + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for colour, (at, name) in zip(COLOURS, enumerate(series), strict=False):
        parts.append(f'<text x="{LEFT + 200 * at}" y="16" fill="{colour}">{name}</text>')
    for index, (title, value) in enumerate(PANELS):
        parts += _panel(GAP + index * (PANEL + GAP), title, value, series, begun, ended)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    top: int,
    title: str,
    value: Callable[[Sample], float],
    series: Mapping[str, Sequence[Sample]],
    begun: float,
    ended: float,
) -> list[str]:
    seconds = ended - begun
    peak = max((value(one) for samples in series.values() for one in samples), default=0) or 1
    wide = WIDTH - LEFT - 10
    parts = [
        f'<rect x="{LEFT}" y="{top}" width="{wide}" height="{PANEL}" fill="none" stroke="#999"/>',
        f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{peak:.0f}</text>',
        f'<text x="{LEFT - 6}" y="{top + PANEL}" text-anchor="end">0</text>',
        f'<text x="{LEFT + 4}" y="{top + 12}" fill="#555">{title}</text>',
    ]
    for second in range(0, int(seconds) + 1, 10):
        x = LEFT + wide * second / seconds
        parts.append(f'<text x="{x:.0f}" y="{top + PANEL + 13}" fill="#555">{second}</text>')
    for colour, samples in zip(COLOURS, series.values(), strict=False):
        points = " ".join(
            f"{LEFT + wide * (one.at - begun) / seconds:.1f},"
            f"{top + PANEL * (1 - value(one) / peak):.1f}"
            for one in samples
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
    return parts


def _share(audio: Mapping[str, float]) -> float:
    return audio.get("concealed", 0) / total if (total := audio.get("total", 0)) else 0
