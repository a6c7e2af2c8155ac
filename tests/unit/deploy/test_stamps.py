"""A step is repeated when its input changed, and only then."""

from pathlib import Path

from deploy import stamps


def test_a_recorded_step_is_current_until_its_input_changes(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp.json"
    assert not stamps.is_current(stamp, "build", "one")
    stamps.record(stamp, build="one")
    stamps.record(stamp, packages="two")
    assert stamps.is_current(stamp, "build", "one")
    assert not stamps.is_current(stamp, "build", "other")


def test_a_damaged_stamp_counts_as_none(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp.json"
    stamp.write_text("{")
    assert not stamps.is_current(stamp, "build", "one")


def test_the_digest_of_sources_follows_names_and_bytes_but_not_what_is_built(
    tmp_path: Path,
) -> None:
    source = tmp_path / "src" / "main.ts"
    source.parent.mkdir()
    source.write_text("first")
    before = _digest(tmp_path)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "main.js").write_text("built")
    assert _digest(tmp_path) == before
    source.rename(source.with_name("other.ts"))
    renamed = _digest(tmp_path)
    source.with_name("other.ts").write_text("second")
    assert len({before, renamed, _digest(tmp_path)}) == 3


def test_parts_of_a_digest_are_kept_apart() -> None:
    assert stamps.digest("ab", "c") != stamps.digest("a", "bc")


def _digest(root: Path) -> str:
    return stamps.digest_files(root, stamps.sources(root))
