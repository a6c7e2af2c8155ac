"""A worker process and its channel: spawned, configured, watched, ended."""

import asyncio
import contextlib
import math
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from media.channel import Channel, unavailable
from media.protocol import Configure, Event, Ping

WORKER_COMMAND = (sys.executable, "-m", "media.worker")
CONFIGURE_TIMEOUT_S = 10.0
EXIT_TIMEOUT_S = 2.0

# A process that faces the network gets no database address and no secret.
_INHERITED_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "TMPDIR")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED_ENVIRONMENT if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
    root = str(Path(__file__).resolve().parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    return kept


def _ports(result: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    try:
        return [(str(bind), str(announced), int(port)) for bind, announced, port in result["ports"]]
    except (KeyError, TypeError, ValueError) as error:
        raise unavailable("the media worker named no ports") from error


class WorkerProcess:
    """One running worker; it ends by itself when its channel closes."""

    def __init__(
        self, process: asyncio.subprocess.Process, channel: Channel, sink: "_EventSink"
    ) -> None:
        self._process = process
        self.channel = channel
        self._sink = sink
        self.ports: Sequence[tuple[str, str, int]] = ()

    @classmethod
    async def spawn(cls, command: Sequence[str] = WORKER_COMMAND) -> Self:
        """Start the command with the number of its control socket as last argument."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                # A session of its own: the terminal's interrupt reaches the pool, which drains.
                process = await asyncio.create_subprocess_exec(
                    *command,
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env=_environment(),
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        sink = _EventSink()
        try:
            channel = await Channel.open(ours, sink)
        except BaseException:
            ours.close()
            process.kill()
            await process.wait()
            raise
        return cls(process, channel, sink)

    @property
    def pid(self) -> int:
        """The operating system's process id."""
        return self._process.pid

    def listen(self, on_event: Callable[[Event], None]) -> None:
        """Where the worker's events go from now on."""
        self._sink.on_event = on_event

    async def configure(
        self, addresses: Sequence[tuple[str, str]], port: int, tcp_port: int
    ) -> None:
        """Bind its UDP ports (0: ephemeral), and TCP ports (0: the same); raises MediaError."""
        configure = Configure(tuple(addresses), port, tcp_port)
        result = await self.channel.request(configure, CONFIGURE_TIMEOUT_S)
        self.ports = _ports(result)

    async def ping(self, timeout_s: float) -> Mapping[str, Any]:
        """The worker's counters; raises media-unavailable when it is silent."""
        return await self.channel.request(Ping(), timeout_s)

    def computed_s(self) -> float:
        """CPU time of its main thread so far (infinite where Linux does not tell)."""
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9
        except (OSError, IndexError, ValueError):
            return math.inf

    def wants_core(self) -> bool:
        """Whether it would compute if the machine let it: it neither sleeps nor was stopped."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] == "R"

    async def drain(self, timeout_s: float) -> None:
        """Let the requests under way finish, then end it."""
        await self.channel.wait_answered(timeout_s)
        self.channel.close()
        await self.end(EXIT_TIMEOUT_S)

    async def end(self, grace_s: float = 0.0) -> None:
        """Wait for its exit, kill it after the grace, and reap it; idempotent."""
        self.channel.close()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            await self._kill()

    async def _kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()


class _EventSink:
    """Events before anybody listens (a spare worker has no room) go nowhere."""

    def __init__(self) -> None:
        self.on_event: Callable[[Event], None] | None = None

    def __call__(self, event: Event) -> None:
        if self.on_event is not None:
            self.on_event(event)
