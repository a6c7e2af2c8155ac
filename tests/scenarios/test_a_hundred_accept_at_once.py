"""A hundred radiologists accept at the same moment: one wins, ninety-nine read who."""

import asyncio

import pytest

from server.domain.guard import AlreadyAccepted
from tests.adapters.databases import KINDS
from tests.scenarios.cast import turns
from tests.scenarios.night import Night


@pytest.mark.parametrize("night", KINDS, indirect=True)
async def test_a_hundred_accept_at_once(night: Night) -> None:
    crowd = [f"Radiologist {number}" for number in range(100)]
    await night.guard("CT emergency", (turns(*crowd[:50]), 120), (turns(*crowd[50:]), 120))
    await night.request("CT emergency")

    async def accept(name: str) -> str:
        try:
            await night.accepts(name)
        except AlreadyAccepted as refusal:
            return str(refusal.details["by"])
        return "won"

    answers = await asyncio.gather(*map(accept, crowd))
    winner = crowd[answers.index("won")]
    assert answers.count("won") == 1
    assert answers.count(winner) == 99
    seen = await night.sees()
    assert (seen.accepted_by, seen.story.count("accepted")) == (winner, 1)
