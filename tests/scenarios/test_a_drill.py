"""A drill asks Rita's pages, by day and by itself each hour; nobody is taken for a case."""

from collections.abc import Mapping
from typing import Any

from tests.scenarios.night import Night


async def drills(night: Night) -> list[Mapping[str, Any]]:
    anna = await night.cast.person(night.server, "Anna")
    return list(await night.server.guard.drills.recent(anna))


async def answers(night: Night, name: str, device: str) -> None:
    who = await night.cast.person(night.server, name)
    newest = (await drills(night))[0]["id"]
    await night.server.guard.drills.acknowledge(who, device, newest)


async def test_a_drill_asks_whoever_is_rung_first_and_nobody_else(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Rita", "Rocco")
    await night.connects("Rita", device="phone")
    anna = await night.cast.person(night.server, "Anna")
    await night.server.guard.drills.start(anna, audible=True)
    await answers(night, "Rita", "desk")
    await night.restart(after_s=5)
    await answers(night, "Rita", "phone")
    await night.passes(minutes=3)
    [passed] = await drills(night)
    assert passed["state"] == "passed", "it outlives a restart"
    assert {(one["name"], one["device"], one["state"]) for one in passed["devices"]} == {
        ("Rita", "desk", "seen"),
        ("Rita", "phone", "seen"),
    }
    assert await night.requests() == []
    assert not any(page.heard for page in night.pages), "no page rang as for a case"


async def test_a_drill_that_nobody_answers_fails_and_names_her(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Rita", "Rocco")
    await night.passes(minutes=64)
    newest = (await drills(night))[0]
    assert (newest["started_by"], newest["state"]) == (None, "failed"), "it came by itself"
    assert newest["unreached"] == ["Rita"]
    case = await night.request("CT emergency")
    assert night.is_alerted("Rita", case), "a real request rings all the same"
    assert not night.is_alerted("Rocco", case)
