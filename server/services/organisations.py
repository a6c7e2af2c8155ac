"""The organisations of the network."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.organisations import Organisation
from server.services.ports.unit_of_work import Database


class Organisations:
    """Use cases of organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Organisation]:
        """Every organisation, by name; public, since registration asks for one."""
        async with self._database.reading() as uow:
            return await uow.organisations.all()
