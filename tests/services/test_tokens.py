"""Tokens: only what was signed here, for now, for a living session, counts."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.tokens import JwtCodec
from server.domain.access import Actor, Grants, Role, RoomRole
from server.domain.accounts import Status
from server.domain.errors import Unauthenticated
from server.domain.keys import SigningKey
from server.services.tokens import Tokens
from tests.services.conftest import START, AddUser, FakeClock

GRANTS = Grants.of(["camera"], ["chat"])
KEY = Ed25519PrivateKey.from_private_bytes(b"1" * 32)


def room_token(tokens: Tokens, actor: Actor, person: str | None = None) -> str:
    return tokens.mint_room(
        person=person or actor.person,
        name=actor.name,
        session=None if person else actor.session,
        room="room-1",
        role=RoomRole.MEMBER,
        grants=GRANTS,
    )


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def forge(claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode(claims, KEY, "EdDSA", headers={"kid": "test-1", **header})


async def test_an_access_token_names_its_person(tokens: Tokens, ada: Actor) -> None:
    minted = tokens.mint_access(ada.person, ada.session or "")
    assert await tokens.authenticate(minted.token) == ada
    assert await tokens.verify_access(minted.token) == ada
    assert minted.expires_in <= 15 * 60
    with pytest.raises(Unauthenticated):
        await tokens.verify_room(minted.token)


async def test_a_room_token_carries_its_grants(tokens: Tokens, ada: Actor) -> None:
    token = room_token(tokens, ada)
    actor = await tokens.verify_room(token)
    assert actor.ticket is not None
    assert (actor.ticket.room, actor.ticket.role) == ("room-1", RoomRole.MEMBER)
    assert actor.ticket.grants == GRANTS
    with pytest.raises(Unauthenticated):
        await tokens.verify_access(token)


async def test_a_room_token_never_administers(tokens: Tokens, add_user: AddUser) -> None:
    root = await add_user("Root", Role.ADMINISTRATOR)
    access = tokens.mint_access(root.person, root.session or "")
    assert (await tokens.authenticate(access.token)).is_administrator
    assert not (await tokens.authenticate(room_token(tokens, root))).is_administrator


async def test_a_token_ends(tokens: Tokens, ada: Actor, clock: FakeClock) -> None:
    minted = tokens.mint_access(ada.person, ada.session or "")
    clock.advance(seconds=minted.expires_in - 1)
    await tokens.authenticate(minted.token)
    clock.advance(seconds=1)
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(minted.token)


async def test_a_token_is_not_valid_before_its_time(
    tokens: Tokens, ada: Actor, clock: FakeClock
) -> None:
    minted = tokens.mint_access(ada.person, ada.session or "")
    clock.advance(seconds=-6)
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(minted.token)


async def test_an_ended_session_ends_its_tokens(
    tokens: Tokens, ada: Actor, database: SqlDatabase, clock: FakeClock
) -> None:
    access = tokens.mint_access(ada.person, ada.session or "").token
    room = room_token(tokens, ada)
    async with database.transaction() as uow:
        assert await uow.sessions.end(ada.session or "", clock.now())
    for token in (access, room):
        with pytest.raises(Unauthenticated):
            await tokens.authenticate(token)


async def test_a_suspended_person_has_no_token(
    tokens: Tokens, ada: Actor, database: SqlDatabase
) -> None:
    minted = tokens.mint_access(ada.person, ada.session or "")
    async with database.transaction() as uow:
        await uow.accounts.set_status(ada.person, Status.SUSPENDED)
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(minted.token)


async def test_a_session_serves_its_own_person_only(
    tokens: Tokens, ada: Actor, add_user: AddUser
) -> None:
    bob = await add_user("Bob")
    minted = tokens.mint_access(bob.person, ada.session or "")
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(minted.token)


async def test_a_guest_needs_its_membership(tokens: Tokens, ada: Actor) -> None:
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(room_token(tokens, ada, person="guest:1"))


async def test_who_must_enrol_may_only_enrol(
    database: SqlDatabase, clock: FakeClock, fresh: Any, codec: JwtCodec, add_user: AddUser
) -> None:
    tokens = Tokens(database, clock, fresh, codec, second_factor_required=True)
    for is_demo in (False, True):
        person = await add_user(f"Person {is_demo}", is_demo=is_demo)
        actor = await tokens.authenticate(
            tokens.mint_access(person.person, person.session or "").token
        )
        assert actor.may_only_enrol is not is_demo


@pytest.mark.parametrize("missing", ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"])
async def test_every_claim_is_required(tokens: Tokens, ada: Actor, missing: str) -> None:
    claims = claims_of(tokens.mint_access(ada.person, ada.session or "").token)
    await tokens.authenticate(forge(claims))
    del claims[missing]
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(forge(claims))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody else"},
        {"aud": "room"},
        {"aud": ["api", "room"]},
        {"aud": "other"},
        {"exp": "later"},
        {"exp": True},
        {"iat": 2**40},
        {"sid": "unknown"},
        {"sub": "unknown"},
        {"exp": 1e18},
    ],
)
async def test_wrong_claims_are_refused(
    tokens: Tokens, ada: Actor, changes: dict[str, Any]
) -> None:
    claims = claims_of(tokens.mint_access(ada.person, ada.session or "").token)
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(forge({**claims, **changes}))


@pytest.mark.parametrize("changes", [{"role": "king"}, {"grants": []}, {"grants": {"publish": 1}}])
async def test_malformed_tickets_are_refused(
    tokens: Tokens, ada: Actor, changes: dict[str, Any]
) -> None:
    claims = claims_of(room_token(tokens, ada))
    await tokens.authenticate(forge(claims))
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(forge({**claims, **changes}))


async def test_only_our_algorithm_and_type_pass(tokens: Tokens, ada: Actor) -> None:
    claims = claims_of(tokens.mint_access(ada.person, ada.session or "").token)
    public = KEY.public_key().public_bytes_raw().hex()
    forged = [
        jwt.encode(claims, "", "none", headers={"kid": "test-1"}),
        jwt.encode(claims, public, "HS256", headers={"kid": "test-1"}),
        forge(claims, kid="unknown"),
        forge(claims, typ="at+jwt"),
        jwt.encode(claims, KEY, "EdDSA"),
        jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": "test-1"}),
        "",
        "a.b.c",
        "x" * 5000,
    ]
    for token in forged:
        with pytest.raises(Unauthenticated):
            await tokens.authenticate(token)


async def test_an_altered_token_is_refused(tokens: Tokens, ada: Actor) -> None:
    header, body, signature = tokens.mint_access(ada.person, ada.session or "").token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["sub"] = "somebody else"
    altered = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(f"{header}.{altered}.{signature}")


async def test_keys_rotate_without_signing_anybody_out(
    tokens: Tokens, ada: Actor, clock: FakeClock, codec: JwtCodec
) -> None:
    following = SigningKey("test-2", b"2" * 32, START + timedelta(minutes=5))
    codec.use([SigningKey("test-1", b"1" * 32, START), following])
    assert {key["kid"] for key in tokens.jwks()["keys"]} == {"test-1", "test-2"}
    before = tokens.mint_access(ada.person, ada.session or "")
    clock.advance(minutes=6)
    after = tokens.mint_access(ada.person, ada.session or "")
    kids = [jwt.get_unverified_header(minted.token)["kid"] for minted in (before, after)]
    assert kids == ["test-1", "test-2"]
    for minted in (before, after):
        await tokens.authenticate(minted.token)


async def test_published_keys_verify_by_anybody(tokens: Tokens, ada: Actor) -> None:
    minted = tokens.mint_access(ada.person, ada.session or "")
    key = jwt.PyJWKSet.from_dict(tokens.jwks())["test-1"]
    assert isinstance(key.key.public_bytes_raw(), bytes)
    assert (
        jwt.decode(
            minted.token,
            key.key,
            algorithms=["EdDSA"],
            audience="api",
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )["sub"]
        == ada.person
    )
