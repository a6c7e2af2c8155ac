"""Files sealed in chunks: any order of writes reads back, any change shows."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.recording.sealed import CHUNK_BYTES, Altered, SealedFile

KEY = bytes(range(32))
edges = st.integers(0, 3 * CHUNK_BYTES)
pieces = st.tuples(edges, st.integers(1, 2 * CHUNK_BYTES), st.integers(0, 255))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(pieces, max_size=12), reads=st.lists(st.tuples(edges, edges), max_size=6))
def test_any_writes_read_back(
    tmp_path: Path, writes: list[tuple[int, int, int]], reads: list[tuple[int, int]]
) -> None:
    path = tmp_path / os.urandom(8).hex()
    plain = bytearray()
    with SealedFile.create(path, KEY) as file:
        for at, size, value in writes:
            at = min(at, len(plain))
            file.write(at, bytes([value]) * size)
            plain[at : at + size] = bytes([value]) * size
        assert file.size == len(plain)
    with SealedFile.open(path, KEY) as file:
        assert file.size == len(plain)
        for at, size in [(0, len(plain)), *reads]:
            assert file.read(at, size) == plain[at : at + size]


def written(path: Path, size: int) -> bytes:
    data = os.urandom(size)
    with SealedFile.create(path, KEY) as file:
        file.append(data)
    return data


def test_nothing_plain_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with SealedFile.create(path, KEY) as file:
        file.append(b"A patient speaks. " * 4000)
    assert b"patient" not in path.read_bytes()


@pytest.mark.parametrize("at", [0, 20, CHUNK_BYTES // 2, CHUNK_BYTES + 40, -1])
def test_a_changed_byte_shows(tmp_path: Path, at: int) -> None:
    path = tmp_path / "a"
    written(path, 2 * CHUNK_BYTES + 5)
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with SealedFile.open(path, KEY) as file, pytest.raises(Altered):
        file.read(0, file.size)


def test_chunks_cannot_change_places_or_files(tmp_path: Path) -> None:
    written(tmp_path / "a", 2 * CHUNK_BYTES)
    raw = (tmp_path / "a").read_bytes()
    half = len(raw) // 2
    (tmp_path / "a").write_bytes(raw[half:] + raw[:half])
    (tmp_path / "b").write_bytes(raw)
    for name in "ab":
        with SealedFile.open(tmp_path / name, KEY) as file, pytest.raises(Altered):
            file.read(0, 1)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    written(tmp_path / "a", 10)
    with SealedFile.open(tmp_path / "a", bytes(32)) as file, pytest.raises(Altered):
        file.read(0, 1)


@pytest.mark.parametrize("cut", [1, 20, 27, 5000])
def test_a_torn_end_is_cut_off_and_the_rest_kept(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a"
    data = written(path, 2 * CHUNK_BYTES + 6000)
    os.truncate(path, path.stat().st_size - cut)
    with SealedFile.open(path, KEY, to_write=True) as file:
        assert file.read(0, file.size) == data[: 2 * CHUNK_BYTES]
        file.append(b"more")
    with SealedFile.open(path, KEY) as file:
        assert file.read(0, file.size) == data[: 2 * CHUNK_BYTES] + b"more"


def test_what_was_appended_reads_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "a"
    plain = b""
    with SealedFile.create(path, KEY) as file:
        for _ in range(50):
            piece = os.urandom(1000)
            file.append(piece)
            plain += piece
            with SealedFile.open(path, KEY) as reader:
                assert reader.read(0, reader.size) == plain


def test_a_head_replaced_half_is_finished_at_the_next_opening(tmp_path: Path) -> None:
    path = tmp_path / "a.sealed"
    data = written(path, 3 * CHUNK_BYTES)
    before = path.read_bytes()
    with SealedFile.open(path, KEY, to_write=True) as file:
        file.replace_head(b"new head")
        after = file.read(0, file.size)
    assert after == b"new head" + data[8:]
    slot = path.read_bytes()[: len(before) // 3]
    path.write_bytes(os.urandom(100) + before[100:])  # the crash came in the middle
    path.with_suffix(".head").write_bytes(slot)
    with SealedFile.open(path, KEY, to_write=True) as file:
        assert file.read(0, file.size) == after
    assert not path.with_suffix(".head").exists()


def test_truncated_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a"
    data = written(path, 2 * CHUNK_BYTES + 10)
    with SealedFile.open(path, KEY, to_write=True) as file:
        file.truncate(CHUNK_BYTES + 7)
        file.append(b"x")
    with SealedFile.open(path, KEY) as file:
        assert file.read(0, file.size) == data[: CHUNK_BYTES + 7] + b"x"
