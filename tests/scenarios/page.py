"""A page that somebody has open: it does what the client's page does on `/alerts`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.domain.access import Actor
from server.services.ports.bus import Notice
from tests.scenarios.server import Server


@dataclass
class Page:
    """One device of one person; what rings on it, and what it was told."""

    actor: Actor
    device: str
    has_sound: bool = True
    is_connected: bool = False
    is_waiting: bool = False
    """The server went; it reconnects by itself."""
    ringing: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    ended: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """As the server knows it."""
        return self.actor.person, self.device

    async def connect(self, server: Server) -> None:
        """Open, or reconnect: say whether it can be heard, then ring for what rings."""
        self.is_connected, self.is_waiting = True, False
        await server.guard.consoles.ready(self.actor, self.device, sound=self.has_sound)
        pending = await server.guard.consoles.pending(self.actor)
        there = {alert["request"] for alert in pending}
        self.ringing = {name: alert for name, alert in self.ringing.items() if name in there}
        for alert in pending:
            await self._ring(server, alert)

    async def close(self, server: Server) -> None:
        """The server notices that it went."""
        self.vanish()
        await server.guard.consoles.gone(*self.key)

    def lose_server(self) -> None:
        """The socket broke: it goes on ringing for what it knows, and reconnects."""
        self.is_connected, self.is_waiting = False, self.is_connected

    def vanish(self) -> None:
        """It went, and nobody noticed yet."""
        self.is_connected = self.is_waiting = False
        self.ringing.clear()

    async def hear(self, server: Server, notice: Notice) -> None:
        """What is addressed to this person arrives."""
        if notice.name == "guard.alert":
            await self._ring(server, notice.data)
        elif notice.name == "guard.repeat":
            for alert in await server.guard.consoles.pending(self.actor):
                await self._ring(server, alert)
        elif notice.name == "guard.cancel":
            self.ringing.pop(notice.data["request"], None)
            self.ended.append(notice.data)
        elif notice.name == "revoked":
            await self.close(server)

    def sounds(self) -> Counter[str]:
        """How often each request made it ring."""
        return Counter(alert["request"] for alert in self.heard)

    async def _ring(self, server: Server, alert: Mapping[str, Any]) -> None:
        self.heard.append(alert)
        await server.guard.consoles.delivered(self.actor, self.device, alert["request"])
        self.ringing[alert["request"]] = alert
