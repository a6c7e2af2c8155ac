"""The test's hand on a relay, and the script that leads a page's media through it.

async with relay(media_port) as link:
    await context.add_init_script(link.script)          # before the page loads
    await link.shape(both=Impairment(loss=0.1, delay_ms=40, jitter_ms=40))
    await link.move()                                   # the server sees another address
    await link.cut()                                    # the page's sockets are dead, new ones live
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from tests.impaired.wire import Impairment

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 5.0

_SCRIPT = """
{
  const native = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replace(/^(a=candidate:\\S+ 1 udp \\d+) \\S+ \\d+ /gm,
      "$1 127.0.0.1 RELAY ");
    return native.call(this, { type: description.type, sdp });
  };
}
"""
"""Every UDP candidate of the server becomes the relay's; those over TCP stay."""

Counts = dict[str, dict[str, int]]


class Relay:
    """A running relay."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self.port = port

    @property
    def script(self) -> str:
        """What a page must run before it calls."""
        return _SCRIPT.replace("RELAY", str(self.port))

    async def shape(
        self,
        *,
        up: Impairment | None = None,
        down: Impairment | None = None,
        both: Impairment | None = None,
    ) -> Counts:
        """Change the link from now on; a direction that is not named stays as it is."""
        up, down = up or both, down or both
        return await self._ask(
            do="shape", up=asdict(up) if up else None, down=asdict(down) if down else None
        )

    async def move(self) -> Counts:
        """Another source address towards the server, the clients' unchanged."""
        return await self._ask(do="move")

    async def cut(self) -> Counts:
        """Nothing more for today's client sockets."""
        return await self._ask(do="cut")

    async def counts(self) -> Counts:
        """Of packets carried and lost, by direction and reason."""
        return await self._ask(do="count")

    async def _ask(self, **command: object) -> Counts:
        async with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            return dict(await self._read())

    async def _read(self) -> dict[str, dict[str, int]]:
        assert self._process.stdout is not None
        raw = await self._process.stdout.readline()
        if not raw:
            raise RuntimeError("the relay ended")
        return dict(json.loads(raw))

    async def close(self) -> None:
        """End the process; idempotent."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), STOP_S)


@asynccontextmanager
async def relay(upstream_port: int, seed: int = 0) -> AsyncIterator[Relay]:
    """A relay to 127.0.0.1:`upstream_port`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.impaired.relay", str(upstream_port), str(seed)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    link = Relay(process, int(json.loads(await process.stdout.readline())["port"]))
    try:
        yield link
    finally:
        await link.close()
