"""The audit chain: any edit breaks it, and the verifier names the place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.domain.audit import (
    Break,
    Checkpoint,
    Entry,
    Head,
    Problem,
    Record,
    is_checkpoint_due,
    seal,
    verify,
)

START = datetime(2026, 11, 22, tzinfo=UTC)


def chain(length: int) -> list[Record]:
    entries = [
        Entry(n * 2, START + timedelta(seconds=n), f"actor-{n}", "login", f"user-{n}", {"k": n})
        for n in range(1, length + 1)
    ]
    return list(seal(Head(), entries))


def checkpoint(record: Record) -> Checkpoint:
    return Checkpoint(record.position, record.hash, START)


def test_an_untouched_chain_is_intact() -> None:
    records = chain(5)
    verdict = verify(records, [checkpoint(records[2]), checkpoint(records[4])])
    assert verdict.is_intact
    assert (verdict.head.position, verdict.checkpoints) == (5, 2)
    assert verify([], []).is_intact


def test_sealing_goes_on_where_it_stopped() -> None:
    records = chain(5)
    first = records[:2]
    rest = seal(Head(2, first[-1].hash), [record.entry for record in records[2:]])
    assert [*first, *rest] == records


def test_a_flipped_record_is_named() -> None:
    records = chain(5)
    records[2] = replace(records[2], entry=replace(records[2].entry, actor="somebody else"))
    problem = verify(records, []).problem
    assert problem == Problem(Break.ALTERED, 3, 6)
    assert str(problem) == "record 3 (entry 6) is altered"


def test_a_deleted_record_is_named() -> None:
    records = chain(5)
    del records[2]
    problem = verify(records, []).problem
    assert problem == Problem(Break.MISSING, 3)
    assert str(problem) == "record 3 is missing"


def test_swapped_records_are_named() -> None:
    records = chain(5)
    records[1], records[2] = (
        replace(records[2], position=2),
        replace(records[1], position=3),
    )
    assert verify(records, []).problem == Problem(Break.ALTERED, 2, 6)


def test_a_doubled_record_is_named() -> None:
    records = chain(3)
    assert verify([*records, records[2]], []).problem == Problem(Break.ALTERED, 3, 6)


def test_a_truncated_chain_shows_by_its_checkpoint() -> None:
    records = chain(5)
    assert verify(records[:3], []).is_intact
    verdict = verify(records[:3], [checkpoint(records[4])])
    assert verdict.problem == Problem(Break.TRUNCATED, 4)


def test_a_rewritten_chain_shows_by_its_checkpoint() -> None:
    records = chain(5)
    entries = [record.entry for record in records]
    entries[1] = replace(entries[1], subject="somebody else")
    forged = list(seal(Head(), entries))
    assert verify(forged, []).is_intact
    assert verify(forged, [checkpoint(records[3])]).problem == Problem(Break.REWRITTEN, 4, 8)


def test_what_is_not_json_was_never_sealed() -> None:
    records = chain(2)
    records[1] = replace(records[1], entry=replace(records[1].entry, data={"x": float("nan")}))
    assert verify(records, []).problem == Problem(Break.ALTERED, 2, 4)


def test_a_checkpoint_is_due_when_the_head_moved_and_time_passed() -> None:
    last = Checkpoint(3, "hash", START)
    assert not is_checkpoint_due(Head(), None, START)
    assert is_checkpoint_due(Head(1, "hash"), None, START)
    assert not is_checkpoint_due(Head(4, "hash"), last, START + timedelta(seconds=9))
    assert is_checkpoint_due(Head(4, "hash"), last, START + timedelta(seconds=10))
    assert not is_checkpoint_due(Head(3, "hash"), last, START + timedelta(days=1))


def test_a_checkpoint_signs_its_content() -> None:
    one = Checkpoint(3, "hash", START)
    changed = [
        replace(one, position=4),
        replace(one, hash="x"),
        replace(one, at=START + timedelta(1)),
    ]
    assert len({each.to_bytes() for each in [one, *changed]}) == 4


values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8))
entries = st.builds(
    Entry,
    n=st.integers(1, 10**6),
    at=st.datetimes(timezones=st.just(UTC)),
    actor=st.text(max_size=8),
    action=st.text(max_size=8),
    subject=st.text(max_size=8),
    data=st.dictionaries(st.text(max_size=4), values, max_size=3),
)
FIELDS = ("n", "at", "actor", "action", "subject", "data", "position", "hash")


def edited(record: Record, field: str, value: Any) -> Record:
    if field in ("position", "hash"):
        return replace(record, **{field: value})
    return replace(record, entry=replace(record.entry, **{field: value}))


@given(st.lists(entries, min_size=1, max_size=8), st.data())
def test_any_edit_breaks_the_chain(written: list[Entry], data: st.DataObject) -> None:
    records = list(seal(Head(), written))
    end = checkpoint(records[-1])
    index = data.draw(st.integers(0, len(records) - 1))
    kind = data.draw(st.sampled_from(["edit", "delete", "move"]))
    tampered = list(records)
    if kind == "edit":
        field = data.draw(st.sampled_from(FIELDS))
        donor = data.draw(entries)
        value = {"position": donor.n, "hash": "0" * 64}.get(field) or getattr(donor, field)
        tampered[index] = edited(records[index], field, value)
    elif kind == "delete":
        del tampered[index]
    else:
        moved = tampered.pop(index)
        tampered.insert(data.draw(st.integers(0, len(records) - 1)), moved)
    # JSON knows no difference between True and 1 in Python's ==, so compare what was hashed
    assume(list(map(repr, tampered)) != list(map(repr, records)))
    in_order = sorted(tampered, key=lambda record: record.position)
    if list(map(repr, in_order)) == list(map(repr, records)):
        return  # moved within the table only: the chain is by position
    problem = verify(in_order, [end]).problem
    assert problem is not None
    intact = next(
        (i for i, (a, b) in enumerate(zip(in_order, records, strict=False)) if repr(a) != repr(b)),
        len(in_order),
    )
    assert problem.position >= intact + 1 or problem.position == in_order[intact].position


@pytest.mark.parametrize("length", [1, 4])
def test_truncation_to_nothing_is_noticed(length: int) -> None:
    records = chain(length)
    assert verify([], [checkpoint(records[-1])]).problem == Problem(Break.TRUNCATED, 1)
