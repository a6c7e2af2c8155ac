"""What a 1 GB transfer over `/documents` costs a conversation in the same server.

`python3 run.py bench documents`: chat acknowledgements without and beside the transfer.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import socketio

from tests.e2e.product import ROOT, Product

BYTES = 1024**3
CHUNK = 256 * 1024
WINDOW = 4
TALKERS = 4
PAUSE_S = 0.1
HEAD = b"%PDF-1.7\n"
BLOCK = HEAD + bytes(range(251)) * ((CHUNK - len(HEAD)) // 251 + 1)
BLOCK = BLOCK[:CHUNK]


def run(seconds: float) -> dict[str, Any]:
    """Talk alone for that many seconds, then until a transfer beside it is done."""
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder), {"MEDIA_WORKERS": "1"})
        try:
            product.start()
            return {"results": asyncio.run(_measure(product, seconds))}
        finally:
            product.stop()


async def _measure(product: Product, seconds: float) -> list[dict[str, Any]]:
    emails = list(product.logins())[: TALKERS + 1]
    tokens = [product.sign_in(email) for email in emails]
    users = [product.ask("GET", "/api/v1/me", token=token)[1]["id"] for token in tokens]
    members = [{"user": user, "role": "member"} for user in users[1:]]
    body = {"title": "Transfer beside a chat", "lobby": False, "members": members}
    room = product.ask("POST", "/api/v1/rooms", body, tokens[0])[1]["id"]
    path = f"/api/v1/rooms/{room}/tokens"
    tickets = [product.ask("POST", path, token=token)[1]["room_token"] for token in tokens]
    pairs = zip(tokens[1:], tickets[1:], strict=True)
    talkers = [await _join(product.url, token, ticket) for token, ticket in pairs]
    alone = await _talk(talkers, room, asyncio.create_task(asyncio.sleep(seconds)))
    before, began = _cpu_seconds(product.pid), time.perf_counter()
    transfer = asyncio.create_task(_in_a_process(product.url, tickets[0]))
    beside = await _talk(talkers, room, transfer)
    report = await transfer
    after, ended = _cpu_seconds(product.pid), time.perf_counter()
    for talker in talkers:
        await talker.disconnect()
    cpu = after - before
    return [
        _row("chat p50", "ms", _percentile(beside, 50), _percentile(alone, 50)),
        _row("chat p99", "ms", _percentile(beside, 99), _percentile(alone, 99)),
        _row("messages", "count", len(beside), len(alone)),
        _row("transfer", "MB/s", BYTES / 1e6 / report["seconds"]),
        _row("commit", "s", report["commit_seconds"]),
        _row("server CPU", "s", cpu),
        _row("server CPU share", "cores", cpu / (ended - began)),
    ]


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(name: str, unit: str, value: float, alone: float | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "value": round(value, 2), "unit": unit}
    if alone is None:
        return row | {"peer": None, "peer_value": None, "ratio": None}
    ratio = round(value / alone, 2) if alone else None
    return row | {"peer": "without a transfer", "peer_value": round(alone, 2), "ratio": ratio}


async def _join(url: str, token: str, ticket: str) -> socketio.AsyncClient:
    socket = socketio.AsyncClient(reconnection=False)
    auth = {"token": token, "device": str(uuid.uuid4())}
    await socket.connect(url, auth=auth, namespaces=["/room"], transports=["websocket"])
    answer = await socket.call("join", {"token": ticket}, namespace="/room")
    assert answer.get("ok"), answer
    return socket


async def _talk(
    talkers: Sequence[socketio.AsyncClient], room: str, until: asyncio.Task[Any]
) -> list[float]:
    """Everybody sends a message every PAUSE_S; answers each acknowledgement's ms."""

    async def talk(socket: socketio.AsyncClient) -> list[float]:
        waits: list[float] = []
        while not until.done():
            payload = {"room": room, "client_id": str(uuid.uuid4()), "text": "La TAC è pronta."}
            began = time.perf_counter()
            answer = await socket.call("message.send", payload, namespace="/room")
            assert answer.get("ok"), answer
            waits.append((time.perf_counter() - began) * 1000)
            await asyncio.wait([until], timeout=PAUSE_S)
        return waits

    found = await asyncio.gather(*map(talk, talkers))
    return list(itertools.chain(*found))


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


async def _in_a_process(url: str, ticket: str) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.documents", url),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(ticket.encode())
    assert process.returncode == 0
    report: dict[str, float] = json.loads(output)
    return report


async def _transfer(url: str, ticket: str) -> dict[str, float]:
    digest = hashlib.sha256()
    for _ in range(BYTES // CHUNK):
        digest.update(BLOCK)
    socket = socketio.AsyncClient(reconnection=False)
    names = ["/documents"]
    await socket.connect(url, auth={"token": ticket}, namespaces=names, transports=["websocket"])
    upload = await _ask(
        socket,
        "begin",
        client_id=str(uuid.uuid4()),
        name="large.pdf",
        bytes=BYTES,
        sha256=digest.hexdigest(),
        type="application/pdf",
    )
    began = time.perf_counter()
    under_way: list[asyncio.Task[Any]] = []
    for offset in range(0, BYTES, CHUNK):
        if len(under_way) == WINDOW:
            await under_way.pop(0)
        chunk = _ask(socket, "chunk", id=upload["id"], offset=offset, data=BLOCK)
        under_way.append(asyncio.create_task(chunk))
    await asyncio.gather(*under_way)
    sent = time.perf_counter()
    await _ask(socket, "commit", id=upload["id"])
    committed = time.perf_counter()
    await socket.disconnect()
    return {"seconds": sent - began, "commit_seconds": committed - sent}


async def _ask(socket: socketio.AsyncClient, event: str, **payload: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await socket.call(event, payload, namespace="/documents", timeout=60)
    assert answer.get("ok"), answer
    return answer


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_transfer(sys.argv[1], sys.stdin.read().strip()))))
