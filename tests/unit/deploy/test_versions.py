"""Ranges of versions, by the examples of node-semver's own documentation."""

import pytest

from deploy.versions import parse, satisfies


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("20.20.2", "^20.19.0 || ^22.13.0 || >=24.0.0"),
        ("24.19.0", "^20.19.0 || ^22.13.0 || >=24.0.0"),
        ("20.1.0", "20.x"),
        ("20.1.0", "20"),
        ("20.1.0", "*"),
        ("20.1.0", ""),
        ("20.1.0", ">= 18"),
        ("20.1.0", ">=0.10 <21"),
        ("20.9.9", "18 - 20"),
        ("1.2.9", "~1.2.3"),
        ("1.9.0", "~1"),
        ("0.2.9", "^0.2.3"),
        ("0.0.3", "^0.0.3"),
        ("20.1.0", "v20.1.0"),
    ],
)
def test_a_version_in_its_range(version: str, wanted: str) -> None:
    assert satisfies(parse(version), wanted)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("20.18.9", "^20.19.0 || ^22.13.0 || >=24.0.0"),
        ("21.0.0", "^20.19.0 || ^22.13.0 || >=24.0.0"),
        ("20.1.0", ">20"),
        ("20.1.0", "<=19"),
        ("20.1.0", ">=10 <20"),
        ("21.0.0", "18 - 20"),
        ("1.3.0", "~1.2.3"),
        ("0.3.0", "^0.2.3"),
        ("0.0.4", "^0.0.3"),
        ("2.0.0", "^1.2.3"),
    ],
)
def test_a_version_outside_its_range(version: str, wanted: str) -> None:
    assert not satisfies(parse(version), wanted)


def test_a_text_that_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not a version"):
        parse("latest")
