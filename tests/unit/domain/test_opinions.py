"""Opinions and syntheses: nobody is passed over, no disagreement hidden, nothing signed changes."""

from __future__ import annotations

import pytest

from server.domain.errors import Invalid
from server.domain.opinions import (
    TEXT_LIMIT,
    AlreadySigned,
    DisagreementUnstated,
    Opinion,
    OpinionMissing,
    Outcome,
    Seal,
    Synthesis,
)
from tests.unit.domain.test_slots import NOW


def signed(doctor: str, position: Outcome = Outcome.ELIGIBLE) -> Opinion:
    return Opinion("c", 1, doctor).write("Carbon ions.", position).sign(doctor, "surgeon", NOW)


def synthesis(outcome: Outcome | None = Outcome.ELIGIBLE, disagreement: str = "") -> Synthesis:
    return Synthesis("c", 1).write("So be it.", disagreement, outcome)


def test_an_opinion_is_drafted_then_signed_for_good() -> None:
    draft = Opinion("c", 1, "ada").write("  Carbon ions. ", Outcome.ELIGIBLE)
    assert draft.to_wire() == {
        "doctor": "ada",
        "round": 1,
        "text": "Carbon ions.",
        "position": "eligible",
        "signature": None,
    }
    final = draft.sign("Ada", "surgeon", NOW)
    assert final.seal is not None
    assert final.to_wire()["signature"]["name"] == "Ada"
    assert Seal.from_wire(final.seal.to_wire()) == final.seal
    with pytest.raises(AlreadySigned):
        final.write("Other", Outcome.ELIGIBLE)
    with pytest.raises(AlreadySigned):
        final.sign("Ada", "surgeon", NOW)


def test_a_signature_is_over_words_position_round_and_case() -> None:
    seals = {
        Opinion(case, turn, "ada").write(text, position).sign("Ada", "surgeon", NOW).seal
        for case, turn, text, position in (
            ("c", 1, "Yes", Outcome.ELIGIBLE),
            ("d", 1, "Yes", Outcome.ELIGIBLE),
            ("c", 2, "Yes", Outcome.ELIGIBLE),
            ("c", 1, "No", Outcome.ELIGIBLE),
            ("c", 1, "Yes", Outcome.NOT_ELIGIBLE),
        )
    }
    assert len({seal.sha256 for seal in seals if seal}) == 5


@pytest.mark.parametrize(
    ("text", "position", "path"),
    [("", Outcome.ELIGIBLE, "text"), ("Yes", None, "position")],
)
def test_half_an_opinion_is_not_signed(text: str, position: Outcome | None, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        Opinion("c", 1, "ada").write(text, position).sign("Ada", "surgeon", NOW)
    assert refused.value.details["path"] == path
    assert Opinion("c", 1, "ada").to_wire()["position"] is None


def test_prose_has_an_end() -> None:
    with pytest.raises(Invalid):
        Opinion("c", 1, "ada").write("x" * (TEXT_LIMIT + 1), None)


def test_nobody_is_passed_over() -> None:
    draft = Opinion("c", 1, "ben").write("Hm", Outcome.ELIGIBLE)
    for doctors, opinions in (
        ([], []),
        (["ada"], []),
        (["ada", "ben"], [signed("ada")]),
        (["ada", "ben"], [signed("ada"), draft]),
    ):
        with pytest.raises(OpinionMissing):
            synthesis().finalise(doctors, opinions, "Rosa", "surgeon", NOW)


def test_disagreement_is_stated() -> None:
    opinions = [signed("ada"), signed("ben", Outcome.NOT_ELIGIBLE)]
    for doctors in (["ada", "ben"], ["ada"]):  # also of who is asked no more
        with pytest.raises(DisagreementUnstated):
            synthesis().finalise(doctors, opinions, "Rosa", "surgeon", NOW)
    heard = synthesis(disagreement="Ben thinks otherwise.")
    final, outcome = heard.finalise(["ada", "ben"], opinions, "Rosa", "surgeon", NOW)
    assert outcome is Outcome.ELIGIBLE
    assert final.to_wire()["signature"]["name"] == "Rosa"
    with pytest.raises(AlreadySigned):
        final.finalise(["ada"], opinions, "Rosa", "surgeon", NOW)
    with pytest.raises(AlreadySigned):
        final.write("Other", "", None)


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        (Synthesis("c", 1).write("", "", Outcome.ELIGIBLE), "text"),
        (synthesis(outcome=None), "outcome"),
    ],
)
def test_half_a_synthesis_concludes_nothing(draft: Synthesis, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft.finalise(["ada"], [signed("ada")], "Rosa", "surgeon", NOW)
    assert refused.value.details["path"] == path
    assert draft.to_wire()["signature"] is None


def test_agreement_needs_no_more_words() -> None:
    final, _ = synthesis().finalise(["ada"], [signed("ada")], "Rosa", "surgeon", NOW)
    assert final.to_wire()["outcome"] == "eligible"
