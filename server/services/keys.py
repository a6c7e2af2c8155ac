"""Signing keys: made, shared, rotated and retired through the database."""

from __future__ import annotations

import hashlib

from server.domain import keys as rules
from server.domain.keys import SigningKey
from server.services.ports.clock import Clock, Fresh
from server.services.ports.keys import KeyRing, SealedKey
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database


class Keys:
    """Keeps one key that signs and one that is already published."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, box: SecretBox, ring: KeyRing
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box
        self._ring = ring

    async def refresh(self) -> None:
        """Make what is missing, forget what is retired, use the rest; at start and each minute."""
        async with self._database.transaction() as uow:
            stored = [self._open(key) for key in await uow.keys.all()]
            now = self._clock.now()  # after the wait for others, whose keys sign since before
            live = rules.live(stored, now)
            retired = [key.kid for key in stored if key not in live]
            for signs_from in rules.missing(live, now):
                key = SigningKey(self._fresh.id(), self._private(), signs_from)
                await uow.keys.add(SealedKey(key.kid, self._seal(key), key.signs_from))
                await uow.audit.record(now, "system", "key.created", key.kid, {})
                live.append(key)
            if retired:
                await uow.keys.delete(retired)
                await uow.audit.record(now, "system", "key.retired", retired[0], {"all": retired})
        self._ring.use(live)

    def _private(self) -> bytes:
        return hashlib.sha256(self._fresh.secret().encode()).digest()

    def _seal(self, key: SigningKey) -> bytes:
        return self._box.seal(key.private, f"signing key {key.kid}")

    def _open(self, key: SealedKey) -> SigningKey:
        private = self._box.open(key.sealed, f"signing key {key.kid}")
        return SigningKey(key.kid, private, key.signs_from)
