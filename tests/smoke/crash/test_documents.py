"""A power cut in the middle of an upload: whichever face goes on, the bytes are the same."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import SocketIOError
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from deploy import node
from deploy.progress import SetupError
from tests.e2e.product import ROOT, Product
from tests.servers.absence import not_run
from tests.smoke.crash.files import CHUNK, Channel, Json, Paper
from tests.smoke.crash.people import Meeting
from tests.waiting import until

SIZE = 16 * 1024 * 1024 + 12_345
KILLED_AFTER = SIZE // 3

pytestmark = pytest.mark.slow


@pytest.fixture
async def meeting(product: Product) -> Meeting:
    """The host, who sends, and a member, who reads."""
    return await asyncio.to_thread(Meeting, product, 2)


async def cut_the_power(product: Product) -> None:
    """Kill the server; it comes back."""
    product.kill()
    await asyncio.to_thread(product.start)


def download(meeting: Meeting, document: Json) -> str:
    """SHA-256 of what the other member receives."""
    path = f"/api/v1/rooms/{meeting.room}/documents/{document['id']}/content"
    request = urllib.request.Request(meeting.product.url + path)
    request.add_header("Authorization", f"Bearer {meeting.tokens[1]}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


async def expect_arrival(meeting: Meeting, *papers: Paper) -> None:
    """Each document is announced once, and arrives as it was sent."""
    events = await asyncio.to_thread(meeting.events, 1)
    added = [event["data"] for event in events if event["type"] == "document.added"]
    assert [one["sha256"] for one in added] == [paper.sha256 for paper in papers]
    for document, paper in zip(added, papers, strict=True):
        assert await asyncio.to_thread(download, meeting, document) == paper.sha256


async def send_until_cut(meeting: Meeting, paper: Paper) -> int:
    """Send over the socket while the power is cut; answers what was acknowledged."""
    acknowledged = 0
    async with Channel(meeting) as channel:
        begun = await channel.does("begin", paper.begin())
        cut: asyncio.Task[None] | None = None
        try:
            while True:
                data = paper.data[acknowledged : acknowledged + CHUNK]
                payload = {"id": begun["id"], "offset": acknowledged, "data": data}
                acknowledged = (await channel.does("chunk", payload))["offset"]
                if cut is None and acknowledged >= KILLED_AFTER:
                    cut = asyncio.create_task(cut_the_power(meeting.product))
        except SocketIOError:
            assert cut is not None
            await cut
    return acknowledged


async def finish_over_socket(meeting: Meeting, paper: Paper) -> int:
    """Go on where the server stands, and commit; answers where that was."""
    async with Channel(meeting) as channel:
        start = await channel.send(paper)
        await channel.commit(paper)
    return start


def uploader(meeting: Meeting, paper: Paper, url: str | None = None) -> Any:
    """tuspy's side of a document, announced or found again."""
    client = TusClient(
        f"{meeting.product.url}/api/v1/uploads",
        headers={"Authorization": f"Bearer {meeting.tokens[0]}"},
    )
    return client.uploader(
        file_stream=io.BytesIO(paper.data),
        chunk_size=CHUNK,
        metadata=paper.metadata(meeting.room),
        url=url,
    )


def begin_over_tus(meeting: Meeting, paper: Paper) -> Any:
    """Announce, or find, and ask how much has arrived."""
    url = uploader(meeting, paper).create_url()
    return uploader(meeting, paper, url)


def post_until_cut(meeting: Meeting, paper: Paper) -> Any:
    """Send over tus until the server is gone."""
    sending = begin_over_tus(meeting, paper)
    while sending.offset < KILLED_AFTER:
        sending.upload_chunk()
    meeting.product.kill()
    with pytest.raises((TusCommunicationError, TusUploadFailed)):
        sending.upload_chunk()
    meeting.product.start()
    return sending


async def test_the_socket_goes_on_after_a_power_cut(meeting: Meeting) -> None:
    paper = Paper.of("socket", SIZE)
    acknowledged = await send_until_cut(meeting, paper)
    assert acknowledged <= await finish_over_socket(meeting, paper) < SIZE
    await expect_arrival(meeting, paper)


async def test_tus_goes_on_after_a_power_cut(meeting: Meeting) -> None:
    paper = Paper.of("tus", SIZE)
    cut = await asyncio.to_thread(post_until_cut, meeting, paper)
    again = await asyncio.to_thread(uploader, meeting, paper, cut.url)
    assert cut.offset <= again.offset < SIZE
    await asyncio.to_thread(again.upload)
    await expect_arrival(meeting, paper)


async def test_either_face_finishes_what_the_other_began(meeting: Meeting) -> None:
    first, second = Paper.of("first", SIZE), Paper.of("second", SIZE)
    acknowledged = await send_until_cut(meeting, first)
    sending = await asyncio.to_thread(begin_over_tus, meeting, first)
    assert acknowledged <= sending.offset < SIZE
    await asyncio.to_thread(sending.upload)
    cut = await asyncio.to_thread(post_until_cut, meeting, second)
    assert cut.offset <= await finish_over_socket(meeting, second) < SIZE
    await expect_arrival(meeting, first, second)


@pytest.mark.node
async def test_tus_js_client_goes_on_after_a_power_cut(meeting: Meeting, tmp_path: Path) -> None:
    paper, begun_elsewhere = Paper.of("javascript", SIZE), Paper.of("elsewhere", SIZE)
    await run_node(meeting, paper, tmp_path, is_cut=True)
    async with Channel(meeting) as channel:
        await channel.send(begun_elsewhere, upto=KILLED_AFTER)
    accepted = await run_node(meeting, begun_elsewhere, tmp_path, is_cut=False)
    assert accepted[0] > KILLED_AFTER
    await expect_arrival(meeting, paper, begun_elsewhere)


async def run_node(meeting: Meeting, paper: Paper, folder: Path, *, is_cut: bool) -> list[int]:
    """Send with tus-js-client; answers the offsets it saw accepted."""
    client = ROOT / "client_web" / "package.json"
    if not (client.parent / "node_modules" / "tus-js-client").exists():
        not_run("tus-js-client")
    try:
        env = node.path_with_node(ROOT)
    except SetupError:
        not_run("Node.js")
    file = folder / f"{paper.client_id}.pdf"
    file.write_bytes(paper.data)
    script = Path(__file__).with_name("tus_upload.mjs")
    url, metadata = (
        f"{meeting.product.url}/api/v1/uploads",
        json.dumps(paper.metadata(meeting.room)),
    )
    process = await asyncio.create_subprocess_exec(
        *("node", script, client, url, meeting.tokens[0], metadata, file),
        env=dict(env),
        stdout=asyncio.subprocess.PIPE,
    )
    accepted: list[int] = []
    assert process.stdout is not None
    reading = asyncio.create_task(_read(process.stdout, accepted))
    if is_cut:
        await until(lambda: accepted and accepted[-1] >= KILLED_AFTER, 60)
        assert accepted[-1] < SIZE
        await cut_the_power(meeting.product)
    await reading
    assert await process.wait() == 0
    assert accepted[-1] == SIZE
    return accepted


async def _read(stream: asyncio.StreamReader, accepted: list[int]) -> None:
    async for line in stream:
        word, _, number = line.decode().strip().partition(" ")
        if word == "accepted":
            accepted.append(int(number))
