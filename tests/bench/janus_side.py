"""Debian's Janus with its video room, loaded by a generator of its own."""

from collections.abc import Sequence
from typing import Self

from deploy.addresses import local_addresses
from tests.bench.process import pin
from tests.bench.rtc.client import GeneratorProcess
from tests.bench.rtc.janus_server import JanusServer
from tests.bench.scenario import Scenario, room_of

FIRST_ROOM = 1000
FIRST_FEED = 1


class JanusSide:
    """Janus as it would be run: GCM, NACK and reports on, nothing logged."""

    def __init__(self, server: JanusServer, generator: GeneratorProcess) -> None:
        self._server = server
        self.generator = generator

    @classmethod
    async def start(cls, event_loops: int | None = 1) -> Self:
        """Spawn the server and the generator, each on its core."""
        server = await JanusServer.start(event_loops)
        side = cls(server, await GeneratorProcess.start())
        pin(side.pid, 0)
        pin(side.generator.pid, 1)
        await side.generator.ask("bind", address=_address())
        return side

    @property
    def pid(self) -> int:
        """The server."""
        return self._server.pid

    async def publish(self, scenario: Scenario) -> None:
        """Each publisher offers."""
        for name in dict.fromkeys(map(room_of, scenario.senders)):
            await self._server.room(_number(name), max(3, scenario.publishers))
        for number, name in enumerate(scenario.senders):
            offer = await self.generator.ask("publish", peer=name, setup="active")
            room, feed = _number(room_of(name)), FIRST_FEED + number
            answer = await self._server.publish(room, name, feed, offer["sdp"])
            await self.generator.ask("published", peer=name, sdp=answer)

    async def subscribe(self, scenario: Scenario, names: Sequence[str]) -> None:
        """Each subscriber takes all its feeds over one connection."""
        # A feed can be watched once its publisher is up.
        await self.generator.ask("connect", timeout=30.0)
        for name in names:
            feeds = [FIRST_FEED + number for number in scenario.watched(name)]
            offer = await self._server.subscribe(_number(room_of(name)), name, feeds)
            answer = await self.generator.ask("subscribe", peer=name, sdp=offer)
            await self._server.accept(name, answer["sdp"])

    async def close(self) -> None:
        """End both processes."""
        await self.generator.close()
        await self._server.close()


def _address() -> str:
    """Janus skips the loopback interface; this one's packets take the kernel's same short way."""
    return next(str(address) for address in local_addresses() if address.version == 4)


def _number(room: str) -> int:
    return FIRST_ROOM + int(room.partition("-")[2])
