"""Time, processes and open pages of a story: nothing happens but what the story says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from server.adapters.database.deadlines import deadlines
from server.adapters.database.outbox import outbox
from server.services.engine import TICK_S
from tests.scenarios.cast import Cast
from tests.scenarios.clock import ROME, StoryClock
from tests.scenarios.page import Page
from tests.scenarios.server import Server, StoryBus

DOZE_S = 3600.0
"""How far time jumps when nothing is due; pages renew themselves before whatever comes then."""


class Hours:
    """What every sentence stands on."""

    def __init__(self, folder: Path, url: str, clock: StoryClock, cast: Cast) -> None:
        self.folder, self.url, self.clock, self.cast = folder, url, clock, cast
        self.bus = StoryBus()
        self.servers: list[Server] = []
        self.pages: list[Page] = []
        self.expected_errors: set[str] = set()
        self.start()

    @property
    def server(self) -> Server:
        """The process that people reach."""
        return self.servers[0]

    def start(self) -> None:
        """One more process on the same database."""
        self.servers.append(Server(self.folder, self.url, self.clock, self.bus))

    async def close(self) -> None:
        """Every process ends, whatever it was doing; its sockets are lost."""
        servers, self.servers = self.servers, []
        for server in servers:
            await server.close()
        for page in self.pages:
            page.lose_server()
        self.bus.waiting.clear()

    async def restart(self, after_s: float = 0) -> None:
        """The server dies, and comes back a while later; pages reconnect by themselves."""
        await self.close()
        self.clock.go(after_s)
        await self.comes_back()

    async def comes_back(self) -> None:
        """Another process takes over; whoever was connected reconnects."""
        self.start()
        for page in self.pages:
            if page.is_waiting:
                await page.connect(self.server)
        await self.settle()

    async def connects(self, *people: str, device: str = "desk", sound: bool = True) -> None:
        """They open the console, with sound unlocked or not; or a page that was lost is back."""
        for name in people:
            actor = await self.cast.person(self.server, name)
            page = self.page(name, device) or Page(actor, device)
            page.has_sound = sound
            if page not in self.pages:
                self.pages.append(page)
            await page.connect(self.server)
        await self.settle()

    async def leaves(self, *people: str) -> None:
        """They close every page of theirs."""
        for page in self._pages_of(*people):
            await page.close(self.server)

    def vanishes(self, *people: str) -> None:
        """Their devices fall silent: no goodbye, no sign of life, nothing arrives."""
        for page in self._pages_of(*people):
            page.vanish()

    def page(self, name: str, device: str = "desk") -> Page | None:
        """One device of somebody."""
        pages = self._pages_of(name)
        return next((page for page in pages if page.device == device), None)

    async def passes(self, **duration: float) -> None:
        """Time passes, as `timedelta` says it; what is due is done as it falls due."""
        end_s = self.clock.elapsed_s + timedelta(**duration).total_seconds()
        while end_s - self.clock.elapsed_s > 1e-6:
            self.clock.go(min(end_s - self.clock.elapsed_s, await self._ahead_s()))
            await self.breathe()

    async def passes_until(self, local: str) -> None:
        """Time passes until the clock of the ward shows "YYYY-MM-DD HH:MM" (fold 0)."""
        until = at_rome(local)
        assert until >= self.clock.now(), "time does not go back"
        await self.passes(seconds=(until - self.clock.now()).total_seconds())

    async def clock_steps(self, **duration: float) -> None:
        """Somebody sets the server's clock; no time passes."""
        self.clock.set(timedelta(**duration))
        self.expected_errors.add("clock-stepped")
        await self.breathe()

    async def breathe(self) -> None:
        """One second's work of every process, and what it sends arrives."""
        if not self.servers:
            return
        await self._renew()
        await asyncio.gather(*(server.cycle() for server in self.servers))
        await self.settle()

    async def settle(self) -> None:
        """What was published arrives at the pages that are there."""
        while self.bus.waiting:
            notice = self.bus.waiting.popleft()
            for page in self.pages:
                if page.is_connected and page.actor.person == notice.person:
                    await page.hear(self.server, notice)

    async def _renew(self) -> None:
        here = {page.key for page in self.pages if page.is_connected}
        await self.server.guard.consoles.renew(here)

    async def _ahead_s(self) -> float:
        """Seconds until a cycle finds something to do; a tick at least, a doze at most."""
        if not self.servers:
            return DOZE_S
        async with self.server.database.reading() as uow:
            due = (await uow.connection.execute(select(func.min(deadlines.c.due_at)))).scalar()
            sent = (await uow.connection.execute(select(func.count()).select_from(outbox))).scalar()
        if sent:
            return TICK_S
        ahead_s = (due - self.clock.now()).total_seconds() if due else DOZE_S
        return min(max(ahead_s, TICK_S), DOZE_S)

    def _pages_of(self, *people: str) -> list[Page]:
        ids = {self.cast.people[name].person for name in people if name in self.cast.people}
        return [page for page in self.pages if page.actor.person in ids]


def at_rome(local: str) -> datetime:
    """The instant at which clocks in Rome show "YYYY-MM-DD HH:MM" for the first time."""
    return datetime.fromisoformat(local).replace(tzinfo=ROME).astimezone(UTC)
