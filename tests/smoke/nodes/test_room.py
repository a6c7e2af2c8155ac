"""One room across two processes: people, messages, documents, and the end of access."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.request

import pytest

from tests.e2e.product import Product
from tests.smoke.crash.files import Channel, Json, Paper
from tests.smoke.crash.people import Meeting
from tests.smoke.nodes.nodes import Nodes, Visitor
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]

MESSAGES_EACH = 20


async def test_people_see_each_other_and_read_the_same(nodes: Nodes) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    async with Visitor(meeting, 0, nodes.here) as host, Visitor(meeting, 1, nodes.there) as member:
        assert {peer["peer"] for peer in member.snapshot["peers"]} == {host.peer, member.peer}
        await host.sees("presence.joined", peer=member.peer)
        ids = [[f"{name}-{n}" for n in range(MESSAGES_EACH)] for name in ("host", "member")]

        async def talk(who: Visitor, texts: list[str]) -> None:
            for text in texts:
                await who.does("message.send", client_id=text, text=text)

        await asyncio.gather(talk(host, ids[0]), talk(member, ids[1]))
        for one in (host, member):
            await until(lambda one=one: len(one.said()) == 2 * MESSAGES_EACH)  # type: ignore[misc]
        assert host.said() == member.said()
        assert [text for text in host.said() if text in ids[0]] == ids[0]
        assert [text for text in host.said() if text in ids[1]] == ids[1]
        repeated = await member.say(ids[1][0])
        assert repeated["event"]["seq"] in host.timeline
        await member.does("leave")
        await host.sees("presence.left", peer=member.peer, reason="left")
        for one in (host, member):
            await one.catch_up()
        assert host.timeline == member.timeline
        assert sorted(host.timeline) == list(range(1, len(host.timeline) + 1))


async def test_a_document_sent_over_one_arrives_from_the_other(nodes: Nodes) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    paper = Paper.of("referto", 1_500_000)
    async with Visitor(meeting, 1, nodes.there) as reader:
        async with Channel(meeting) as channel:
            await channel.send(paper)
            document = await channel.commit(paper)
        await reader.sees("document.added", id=document["id"], sha256=paper.sha256)
        arrived = await asyncio.to_thread(_download, nodes.there, meeting, document)
    assert arrived == paper.sha256


async def test_access_ended_on_one_ends_on_the_other(nodes: Nodes) -> None:
    meeting = await asyncio.to_thread(Meeting, nodes.here, 2)
    async with Visitor(meeting, 0, nodes.here) as host, Visitor(meeting, 1, nodes.there) as member:
        await member.does("call.join")
        await host.sees("call.joined", peer=member.peer)
        path = f"users/{member.person}/revoke-sessions"
        await asyncio.to_thread(meeting.ask, "POST", path)
        await until(lambda: not member.is_connected, seconds=5)
        assert member.told("revoked")
        await host.sees("presence.left", peer=member.peer)
        path = f"/api/v1/rooms/{meeting.room}"
        token = meeting.tokens[1]
        status, _ = await asyncio.to_thread(nodes.there.ask, "GET", path, token=token)
        assert status == 401


def _download(product: Product, meeting: Meeting, document: Json) -> str:
    path = f"/api/v1/rooms/{meeting.room}/documents/{document['id']}/content"
    request = urllib.request.Request(product.url + path)
    request.add_header("Authorization", f"Bearer {meeting.tokens[1]}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return hashlib.sha256(answer.read()).hexdigest()
