"""A call belongs to the process that began it; the other one says so instead of pretending."""

from __future__ import annotations

import asyncio

import pytest

from server.domain.presence import LEASE
from tests.smoke.crash.people import Meeting
from tests.smoke.nodes.nodes import Nodes, Visitor

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

SWEPT_SECONDS = 2 * LEASE.total_seconds()


async def test_a_call_held_elsewhere_is_refused_until_it_ends(nodes: Nodes) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    async with Visitor(meeting, 0, nodes.here) as host, Visitor(meeting, 1, nodes.there) as member:
        await host.does("call.join")
        refused = await member.ask("call.join")
        assert refused["error"]["code"] == "media-unavailable", refused
        await member.does("message.send", client_id="m1", text="I hear nothing")
        await host.does("call.leave")
        await member.does("call.join")
        assert (await host.ask("call.join"))["error"]["code"] == "media-unavailable"


async def test_only_one_process_wins_a_call_that_both_begin(nodes: Nodes) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    async with Visitor(meeting, 0, nodes.here) as host, Visitor(meeting, 1, nodes.there) as member:
        answers = await asyncio.gather(host.ask("call.join"), member.ask("call.join"))
    assert sorted("ok" in answer for answer in answers) == [False, True], answers


async def test_the_dead_are_swept_and_their_call_may_begin_elsewhere(nodes: Nodes) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    async with Visitor(meeting, 0, nodes.here) as host, Visitor(meeting, 1, nodes.there) as member:
        await member.does("call.join")
        nodes.there.kill()
        try:
            await host.sees("presence.left", SWEPT_SECONDS, peer=member.peer, reason="lost")
            assert host.seen("call.left") == [{"peer": member.peer, "person": member.person}]
            await host.does("call.join")
            await host.does("leave")
        finally:
            await asyncio.to_thread(nodes.there.start)
    async with Visitor(meeting, 1, nodes.there) as member:
        assert [peer["person"] for peer in member.snapshot["peers"]] == [member.person]
