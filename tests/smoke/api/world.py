"""The composed server on a free port, and one person for each standing that a caller can have."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import jwt
import pytest
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy import composition, foundation, joining, logins
from server.adapters.clock import SystemClock
from server.adapters.passwords import Argon2Passwords
from server.adapters.settings import Settings
from server.services.training import SandboxAddress
from tests import prepared
from tests.smoke.signalling.media import FakeMedia

Json = dict[str, Any]
PDF = b"%PDF-1.7\n" + b"x" * 991
TUS = {"Tus-Resumable": "1.0.0"}
PEOPLE = {
    "admin": "admin",
    "host": "oncologist",
    "revoked": "oncologist",
    "observer": "nurse",
    "stranger": "gp",
    "suspended": "surgeon",
    "colleague": "radiologist",
    "integrator": "integrator",
}


class ShiftedClock(SystemClock):
    """The real clock, put forward when a test says so."""

    shift = timedelta()

    def now(self) -> Any:
        return super().now() + self.shift


@dataclass
class World:
    """Tokens of everybody, and ids of one thing of each kind."""

    http: TestClient[Any, Any]
    clock: ShiftedClock
    sandbox: TestClient[Any, Any] | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def start(cls, folder: Path, *, training: bool = False) -> AsyncIterator[Self]:
        """Compose the server with cheap passwords and without media workers; furnish it.

        With `training`, its sandbox is served too.
        """
        clock = ShiftedClock()
        with pytest.MonkeyPatch.context() as patch:
            weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
            patch.setattr(foundation, "Argon2Passwords", lambda: Argon2Passwords(weak))
            patch.setattr(foundation, "SystemClock", lambda: clock)
            patch.setattr(joining, "media_pool", lambda _chosen: FakeMedia())
            chosen = Settings(
                data_dir=folder / "data",
                certs_dir=folder / "certs",
                gateway_url="http://127.0.0.1:9/messages",  # nobody there
                gateway_secret="whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBnYXRld2F5ISEh",
            )
            await _copy_network(chosen.data_dir)
            beyond = await _sandbox(chosen) if training else None
            app = composition.compose(chosen, beyond=beyond)
        made = json.loads((folder / "data" / logins.FILE).read_text())
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(TestClient(TestServer(app)))
            world = cls(http, clock)
            if beyond is not None:
                world.sandbox = await stack.enter_async_context(TestClient(TestServer(beyond.app)))
            world.passwords = {one["email"].partition("@")[0]: one["password"] for one in made}
            await world._furnish()
            yield world

    @property
    def url(self) -> str:
        """Where it serves."""
        return str(self.http.make_url("")).rstrip("/")

    async def ask(
        self,
        method: str,
        path: str,
        token: str | None,
        body: Json | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """One request: status and parsed JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        async with self.http.request(method, path, data=raw, headers=sent) as answer:
            is_json = "json" in answer.content_type
            return answer.status, await answer.json() if is_json else dict(answer.headers)

    async def does(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request that must succeed."""
        status, answer = await self.ask(method, f"/api/v1/{path}", self.tokens[who], body, headers)
        assert status < 300, (who, method, path, status, answer)
        return answer

    async def sign_in(self, who: str) -> str:
        """An access token of a session of its own."""
        login = PEOPLE[who]
        body = {"email": f"{login}@demo.example", "password": self.passwords[login]}
        status, session = await self.ask("POST", "/api/v1/auth/login", None, body)
        assert status == 200, session
        self.users[who] = session["user"]["id"]
        return str(session["access_token"])

    async def upload(self, client_id: str, data: bytes = PDF, *, is_sent: bool) -> str:
        """An upload of the host; sent, it is a document."""
        headers = TUS | {
            "Upload-Length": str(len(data)),
            "Upload-Metadata": metadata(self.ids["room"], client_id, data),
        }
        answer = await self.does("host", "POST", "uploads", b"", **headers)
        upload = str(answer["Location"]).rpartition("/")[2]
        if is_sent:
            await self.does("host", "PATCH", f"uploads/{upload}", data, **patch_headers())
        return upload

    async def guest(self, name: str) -> str:
        """Somebody in the lobby."""
        invited = await self.does(
            "host", "POST", f"rooms/{self.ids['room']}/invitations", {"name": name}
        )
        body = {"code": invited["link"].partition("#")[2]}
        _, arrival = await self.ask("POST", "/api/v1/invitations/redeem", None, body)
        return str(arrival["person"])

    async def register(self, email: str) -> str:
        """A pending account."""
        _, known = await self.ask("GET", "/api/v1/organisations", None)
        organisation = self.ids["organisation"] = known["items"][0]["id"]
        body = {
            "email": email,
            "password": "correct horse battery",
            "name": "Nora",
            "profession": "nurse",
            "organisation": organisation,
            "locale": "it",
        }
        status, answer = await self.ask("POST", "/api/v1/auth/register", None, body)
        assert status == 202, answer
        pending = await self.does("admin", "GET", "users?status=pending")
        return next(str(one["id"]) for one in pending["items"] if one["email"] == email)

    async def _furnish(self) -> None:
        for who in PEOPLE:
            self.tokens[who] = await self.sign_in(who)
        ids = self.ids
        ids["pending"] = await self.register("nora@tests.example")
        ids["unwanted"] = await self.register("norman@tests.example")
        members = [
            {"user": self.users["observer"], "role": "observer"},
            {"user": self.users["suspended"], "role": "host"},
        ]
        body = {"title": "TAC cranio", "members": members}
        ids["room"] = (await self.does("host", "POST", "rooms", body))["id"]
        ids["other"] = (await self.does("host", "POST", "rooms", {"title": "Other"}))["id"]
        for who in ("host", "revoked", "observer", "suspended"):
            self.tickets[who] = await self._ticket(who, ids["room"])
        self.tickets["elsewhere"] = await self._ticket("host", ids["other"])
        ids["document"] = await self.upload("document", is_sent=True)
        ids["upload"] = await self.upload("upload", is_sent=False)
        ids["waiting"], ids["refused"] = await self.guest("Gabi"), await self.guest("Gino")
        await self.does("host", "POST", f"rooms/{ids['room']}/invitations", {"name": "Gigi"})
        listed = await self.does("host", "GET", f"rooms/{ids['room']}/invitations")
        ids["invitation"] = next(one["id"] for one in listed["items"] if one["name"] == "Gigi")
        await self._end_access()

    async def _end_access(self) -> None:
        role = {"organisation": self.ids["organisation"], "role": "administrator"}
        ghost = f"users/{self.users['suspended']}"
        await self.does("admin", "PUT", f"{ghost}/roles", {"roles": [role]})
        await self.does("revoked", "POST", "auth/logout")
        await self.does("admin", "POST", f"{ghost}/suspend", {"reason": "left"})

    async def _ticket(self, who: str, room: str) -> str:
        return str((await self.does(who, "POST", f"rooms/{room}/tokens"))["room_token"])


async def _copy_network(data: Path, *, is_sandbox: bool = False) -> None:
    """The demo network or its sandbox, prepared by the first of all servers, copied for each."""
    name = "weak-sandbox" if is_sandbox else "weak"
    made, draft = prepared.folder() / name, prepared.folder() / f"{name}-draft"
    if not made.exists():
        own = Settings(data_dir=draft, certs_dir=draft)
        await foundation.prepare(own, is_sandbox=is_sandbox)
        draft.rename(made)
    shutil.copytree(made, data)


async def _sandbox(chosen: Settings) -> joining.Beyond:
    inner = chosen.for_training()
    await _copy_network(inner.data_dir, is_sandbox=True)
    return joining.Beyond(composition.compose(inner, is_sandbox=True), SandboxAddress())


def metadata(room: str, client_id: str, data: bytes = PDF) -> str:
    """The header `Upload-Metadata`."""
    fields = {
        "room": room,
        "filename": "referto.pdf",
        "filetype": "application/pdf",
        "sha256": hashlib.sha256(data).hexdigest(),
        "client_id": client_id,
    }
    pairs = ((key, base64.b64encode(value.encode()).decode()) for key, value in fields.items())
    return ",".join(f"{key} {value}" for key, value in pairs)


def patch_headers(offset: int = 0) -> dict[str, str]:
    """The headers of a tus PATCH."""
    kind = {"Content-Type": "application/offset+octet-stream"}
    return TUS | kind | {"Upload-Offset": str(offset)}


def altered(token: str) -> str:
    """The same token saying something else."""
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed = json.dumps(claims | {"jti": "another"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}.{signature}"


def unsigned(token: str) -> str:
    """The same claims under `alg: none`."""
    return jwt.encode(_claims(token), "", "none", headers={"kid": _kid(token)})


def of_another_key(token: str) -> str:
    """The same claims, signed by somebody else under our key's name."""
    key = Ed25519PrivateKey.generate()
    return jwt.encode(_claims(token), key, "EdDSA", headers={"kid": _kid(token)})


def _claims(token: str) -> Json:
    claims: Json = jwt.decode(token, options={"verify_signature": False})
    return claims


def _kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
