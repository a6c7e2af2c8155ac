"""Telling administrators when messages do not leave, or nobody says that they arrive."""

from __future__ import annotations

from collections.abc import Collection

from server.domain.alarms import AlarmKind
from server.domain.contact_health import WINDOW, trouble
from server.domain.contact_methods import BY_GATEWAY, Kind
from server.services.alarms import end_alarm, raise_alarm
from server.services.ports.clock import Clock
from server.services.ports.unit_of_work import Database

RECENT = 200
_WAYS = {"gateway": BY_GATEWAY, "mail": frozenset({Kind.EMAIL})}


class ContactWatch:
    """The engine's step that looks at what became of messages."""

    def __init__(self, database: Database, clock: Clock, kinds: Collection[Kind]) -> None:
        self._database = database
        self._clock = clock
        self._ways = {way: of & frozenset(kinds) for way, of in _WAYS.items()}

    async def check(self) -> None:
        """Raise, keep or end the alarm of each way that this server has."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            for way, kinds in self._ways.items():
                if not kinds:
                    continue
                recent = await uow.contact_messages.recent(kinds, now - WINDOW, RECENT)
                wrong = trouble(recent, now, reports=way == "gateway")
                if wrong is None:
                    await end_alarm(uow, AlarmKind.CONTACTS_SILENT, way)
                else:
                    await raise_alarm(uow, AlarmKind.CONTACTS_SILENT, way, now, wrong)
