"""Signing keys rotate by themselves; nobody is signed out, nothing lies open."""

from __future__ import annotations

import jwt
import pytest

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.fresh import SystemFresh
from server.adapters.secret_box import AesSecretBox
from server.adapters.tokens import JwtCodec
from server.domain.access import Actor
from server.domain.errors import Unavailable
from server.domain.keys import ROTATION, signing
from server.services.keys import Keys
from server.services.tokens import Tokens
from tests.services.conftest import FakeClock, trail


async def test_a_year_of_rotation(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh, ada: Actor
) -> None:
    codec = JwtCodec("guardline")
    keys = Keys(database, clock, fresh, AesSecretBox(b"master"), codec)
    tokens = Tokens(database, clock, fresh, codec)
    used: list[str] = []
    await keys.refresh()
    for _ in range(29):  # as long as a session may live
        minted = tokens.mint_access(ada.person, ada.session or "").token
        used.append(jwt.get_unverified_header(minted)["kid"])
        clock.advance(minutes=9)
        await keys.refresh()
        await tokens.authenticate(minted)
        clock.advance(hours=23)
    assert len(set(used)) == 1
    clock.advance(days=12 * 30)
    await keys.refresh()
    kids = {key["kid"] for key in codec.jwks()["keys"]}
    assert len(kids) == 2
    assert used[0] not in kids
    actions = [action for action, _ in await trail(database)]
    assert {"key.created", "key.retired"} <= set(actions)


async def test_a_rotation_overlaps(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh
) -> None:
    codec = JwtCodec("guardline")
    keys = Keys(database, clock, fresh, AesSecretBox(b"master"), codec)
    await keys.refresh()
    clock.advance(seconds=ROTATION.total_seconds())
    await keys.refresh()
    assert len(codec.jwks()["keys"]) == 3  # the last still verifies
    clock.advance(hours=1)
    await keys.refresh()
    assert len(codec.jwks()["keys"]) == 2


async def test_keys_do_not_open_with_another_master(
    database: SqlDatabase, clock: FakeClock, fresh: SystemFresh
) -> None:
    codec = JwtCodec("guardline")
    await Keys(database, clock, fresh, AesSecretBox(b"master"), codec).refresh()
    with pytest.raises(Unavailable):
        await Keys(database, clock, fresh, AesSecretBox(b"other"), codec).refresh()


def test_without_a_key_nothing_is_signed(clock: FakeClock) -> None:
    with pytest.raises(LookupError):
        signing([], clock.now())
