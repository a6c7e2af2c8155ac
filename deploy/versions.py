"""Ranges of versions as npm's `engines` write them (node-semver, without prereleases)."""

import re

Version = tuple[int, int, int]
COMPARATOR = re.compile(r"(\^|~|>=|<=|>|<|=)?\s*v?([\dxX*][\w.*+-]*)")


def parse(text: str) -> Version:
    """Return (major, minor, patch); raises ValueError for anything else."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    if match is None:
        raise ValueError(f"not a version: {text!r}")
    return int(match[1]), int(match[2]), int(match[3])


def satisfies(version: Version, wanted: str) -> bool:
    """Tell whether `version` is in a range such as `^20.19.0 || >=22.12`."""
    return any(_in_all(version, part) for part in wanted.split("||"))


def _in_all(version: Version, comparators: str) -> bool:
    hyphenated = re.fullmatch(r"\s*(\S+)\s+-\s+(\S+)\s*", comparators)
    if hyphenated:
        comparators = f">={hyphenated[1]} <={hyphenated[2]}"
    return all(
        _in_bounds(version, operator or "=", text)
        for operator, text in COMPARATOR.findall(comparators)
    )


def _in_bounds(version: Version, operator: str, text: str) -> bool:
    numbers = _numbers(text)
    low, above = _padded(numbers), _next(numbers, len(numbers) - 1)
    match operator:
        case ">=":
            return version >= low
        case ">":
            return version >= above
        case "<":
            return version < low
        case "<=":
            return version < above
        case "~":
            return low <= version < _next(numbers, min(1, len(numbers) - 1))
        case "^":
            return low <= version < _next(numbers, _first_significant(numbers))
        case _:
            return low <= version < above


def _numbers(text: str) -> list[int]:
    """Return the numbers before the first wildcard: `20.x` is [20], `*` is []."""
    numbers: list[int] = []
    for part in re.split(r"[.+-]", text)[:3]:
        if not part.isdigit():
            break
        numbers.append(int(part))
    return numbers


def _padded(numbers: list[int]) -> Version:
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    return major, minor, patch


def _next(numbers: list[int], place: int) -> Version:
    """Return the first version in which the number at `place` is greater."""
    if place < 0:
        return 1 << 31, 0, 0
    return _padded([*numbers[:place], numbers[place] + 1])


def _first_significant(numbers: list[int]) -> int:
    """Return the place a caret range may not change: the first that is not zero."""
    return next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
