"""Debian's Janus as a child process, driven over its WebSocket API."""

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.servers.process import free_port

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/janus")
NEEDED = {"libjanus_videoroom.so", "libjanus_websockets.so"}
START_S, ANSWER_S = 15.0, 30.0
FEED_TRIES, FEED_PAUSE_S = 20, 0.2
KEEP_ALIVE_S = 20.0

_SERVER = """general: {{
    plugins_folder = "{libraries}/plugins"
    transports_folder = "{libraries}/transports"
    loggers_folder = "{libraries}/loggers"
    events_folder = "{libraries}/events"
    debug_level = 4
    {event_loops}
}}
nat: {{ ice_lite = true }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
loggers: {{ disable = "libjanus_jsonlog.so" }}
"""
_WEBSOCKETS = (
    'general: {{ json = "compact"\n ws = true\n ws_port = {port}\n ws_interface = "lo" }}\n'
)


class JanusError(Exception):
    """Janus refused a request."""


class JanusServer:
    """One process, one API session, plugin handles by name."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self._folder = folder
        self._process = process
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session = 0
        self._count = 0
        self._handles: dict[str, int] = {}

    @classmethod
    async def start(cls, event_loops: int | None) -> Self:
        """Spawn it with so many event loops, or with its default of one for each peer."""
        program = shutil.which("janus")
        if program is None:
            raise JanusError("janus is absent: apt install janus")
        folder, port = Path(tempfile.mkdtemp(prefix="janus-")), free_port()
        _configure(folder, port, event_loops)
        process = await asyncio.create_subprocess_exec(
            program,
            "-F",
            str(folder),
            "-N",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        server = cls(folder, process)
        try:
            await server._connect(f"ws://127.0.0.1:{port}/")
        except BaseException:
            await server.close()
            raise
        return server

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def room(self, number: int, publishers: int) -> None:
        """Make a video room without a bit rate limit."""
        manager = await self._attach(f"manager-{number}")
        made = await self._request(
            manager,
            {"request": "create", "room": number, "publishers": publishers, "videocodec": "vp8"},
        )
        if made["plugindata"]["data"].get("videoroom") != "created":
            raise JanusError(str(made))

    async def publish(self, room: int, name: str, number: int, offer: str) -> str:
        """The answer to a publisher's offer; the number is its feed."""
        handle = await self._attach(name)
        join = {"request": "join", "ptype": "publisher", "room": room, "id": number}
        await self._request(handle, join)
        answered = await self._request(handle, {"request": "publish"}, "offer", offer)
        return str(answered["jsep"]["sdp"])

    async def subscribe(self, room: int, name: str, feeds: list[int]) -> str:
        """The offer of all these feeds on one connection."""
        handle = await self._attach(name + "/in")
        streams = [{"feed": feed} for feed in feeds]
        join = {"request": "join", "ptype": "subscriber", "room": room, "streams": streams}
        for _ in range(
            FEED_TRIES
        ):  # a feed exists once its publisher's handshake is over there too
            try:
                return str((await self._request(handle, join))["jsep"]["sdp"])
            except JanusError:
                await asyncio.sleep(FEED_PAUSE_S)
        return str((await self._request(handle, join))["jsep"]["sdp"])

    async def accept(self, name: str, answer: str) -> None:
        """A subscriber's answer."""
        handle = self._handles[name + "/in"]
        await self._request(handle, {"request": "start"}, "answer", answer)

    async def close(self) -> None:
        """End the process."""
        tasks = [task for task in (self._keeper, self._reader) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._http is not None:
            await self._http.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- the API ---

    async def _connect(self, url: str) -> None:
        self._http = aiohttp.ClientSession()
        async with asyncio.timeout(START_S):
            while self._socket is None:
                try:
                    self._socket = await self._http.ws_connect(url, protocols=("janus-protocol",))
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        self._reader = asyncio.create_task(self._read(self._socket))
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        self._keeper = asyncio.create_task(self._keep_alive())

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            answer = message.json()
            waiting = self._answers.get(answer.get("transaction", ""))
            # What a plugin does later comes as an event after a bare acknowledgement.
            if waiting is not None and not waiting.done() and answer["janus"] != "ack":
                waiting.set_result(answer)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            await self._send({"janus": "keepalive", "session_id": self._session})

    async def _attach(self, name: str) -> int:
        attach = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        answer = await self._ask(attach | {"session_id": self._session})
        self._handles[name] = int(answer["data"]["id"])
        return self._handles[name]

    async def _request(
        self, handle: int, body: dict[str, Any], kind: str = "", sdp: str = ""
    ) -> dict[str, Any]:
        message: dict[str, Any] = {"janus": "message", "body": body}
        if kind:
            message["jsep"] = {"type": kind, "sdp": sdp, "trickle": False}
        answer = await self._ask(message | {"session_id": self._session, "handle_id": handle})
        data = answer["plugindata"]["data"]
        if "error" in data:
            raise JanusError(str(data["error"]))
        return answer

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        transaction = await self._send(message, is_asking=True)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await self._answers[transaction]
        finally:
            del self._answers[transaction]
        if answer["janus"] == "error":
            raise JanusError(str(answer["error"]))
        return answer

    async def _send(self, message: dict[str, Any], is_asking: bool = False) -> str:
        assert self._socket is not None
        self._count += 1
        transaction = str(self._count)
        if is_asking:
            self._answers[transaction] = asyncio.get_running_loop().create_future()
        await self._socket.send_json(message | {"transaction": transaction})
        return transaction


def _configure(folder: Path, port: int, event_loops: int | None) -> None:
    def disabled(kind: str) -> str:
        names = {path.name for path in (LIBRARIES / kind).glob("*.so")}
        return ",".join(sorted(names - NEEDED))

    server = _SERVER.format(
        libraries=LIBRARIES,
        event_loops=f"event_loops = {event_loops}" if event_loops else "",
        plugins=disabled("plugins"),
        transports=disabled("transports"),
    )
    (folder / "janus.jcfg").write_text(server)
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    websockets = _WEBSOCKETS.format(port=port)
    (folder / "janus.transport.websockets.jcfg").write_text(websockets)
