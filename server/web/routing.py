"""Routes that say what they take and answer; the same words validate and make OpenAPI."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel

from server.domain.access import Actor
from server.domain.errors import EnrolmentRequired, Forbidden, Invalid, Unauthenticated
from server.services.idempotency import StoredAnswer
from server.web.models import Nothing
from server.web.services import Services

SERVICES = web.AppKey("services", Services)
MAX_JSON_BYTES = 256 * 1024
IDEMPOTENCY_KEY = "Idempotency-Key"

Body = TypeVar("Body", bound=BaseModel)
Query = TypeVar("Query", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a model and headers."""

    status: int = 200
    body: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[Mapping[str, Any], ...] = ()
    """Keyword arguments of `web.Response.set_cookie`, one mapping each."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Body, Query]):
    """One request, parsed and authenticated."""

    request: web.Request
    services: Services
    path: Mapping[str, str]
    body: Body
    query: Query
    caller: Actor | None

    @property
    def actor(self) -> Actor:
        """Who calls. Raises Unauthenticated on a public route without a token."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    @property
    def address(self) -> str:
        """The network address of the peer, for rate limits."""
        return self.request.remote or "unknown"

    @property
    def is_loopback(self) -> bool:
        """Asked from this very machine, with nothing in between."""
        forwarded = {"Forwarded", "X-Forwarded-For", "X-Real-IP"} & self.request.headers.keys()
        return not forwarded and self.address in {"127.0.0.1", "::1"}


Handler = Callable[[Call[Any, Any]], Awaitable[Answer | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the API. Deny by default: whom it admits besides accounts is said here."""

    method: str
    path: str
    handler: Handler
    tag: str
    body: type[BaseModel] = Nothing
    query: type[BaseModel] = Nothing
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    public: bool = False
    room_token: bool = False
    """Room tokens are admitted too."""
    enrolling: bool = False
    """Sessions that must enrol a second factor first are admitted too."""
    administrator: bool = False
    creates: bool = False
    """`Idempotency-Key` is honoured: with one, all that the handler does is one transaction."""
    own_key: bool = False
    """The handler honours it by itself (`once`)."""
    streams: bool = False
    """The handler reads and writes the body itself."""

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or self.path).strip().splitlines()[0].rstrip(".")


class Routes:
    """The routes of one noun."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Route] = []

    def _add(self, method: str, path: str, **options: Any) -> Callable[[Handler], Handler]:
        def decorate(handler: Handler) -> Handler:
            self.all.append(Route(method, path, handler, self.tag, **options))
            return handler

        return decorate

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a GET; options are the fields of Route."""
        return self._add("GET", path, **options)

    def head(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a HEAD."""
        return self._add("HEAD", path, **options)

    def options(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an OPTIONS."""
        return self._add("OPTIONS", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a POST."""
        return self._add("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PUT."""
        return self._add("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH."""
        return self._add("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE."""
        return self._add("DELETE", path, **options)


def bind(app: web.Application, route: Route) -> None:
    """Serve a route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        caller = await _authenticate(request, route, services)
        query = route.query.model_validate(_query(request))
        raw = b"" if route.streams else await read_body(request)
        body = route.body.model_validate(_parse(raw)) if not route.streams else Nothing()
        call = Call(request, services, request.match_info, body, query, caller)
        if route.creates and IDEMPOTENCY_KEY in request.headers:
            return await _once(call, route, raw)
        return _respond(await route.handler(call))

    if route.method == "GET":
        app.router.add_get(route.path, handle, allow_head=False)
    else:
        app.router.add_route(route.method, route.path, handle)


async def _authenticate(request: web.Request, route: Route, services: Services) -> Actor | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if route.public:
        return None
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    actor = await services.tokens.authenticate(token.strip())
    if actor.ticket is not None and not route.room_token:
        raise Forbidden
    if actor.may_only_enrol and not route.enrolling:
        raise EnrolmentRequired
    if route.administrator:
        actor.require_administrator()
    return actor


def _query(request: web.Request) -> dict[str, str]:
    return {key: request.query[key] for key in request.query}


async def read_body(request: web.Request) -> bytes:
    """All of it, within the limit of JSON."""
    chunks = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        chunks += chunk
        if len(chunks) > MAX_JSON_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_JSON_BYTES, len(chunks))
    return bytes(chunks)


def _parse(raw: bytes) -> Any:
    if not raw.strip():
        return {}
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid("The body is not JSON.") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _respond(answer: Answer | web.StreamResponse) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    response = web.Response(
        status=answer.status,
        body=None if answer.body is None else answer.body.model_dump_json().encode(),
        content_type=None if answer.body is None else "application/json",
        headers={"Cache-Control": "no-store"} | dict(answer.headers),
    )
    for cookie in answer.cookies:
        response.set_cookie(**cookie)
    return response


async def once(
    call: Call[Any, Any], said: bytes, produce: Callable[[], Awaitable[StoredAnswer]]
) -> StoredAnswer:
    """The first answer to the request's key, if it has one. Raises Invalid, Conflict for another.

    `said` is what makes two requests the same. All that `produce` does is one transaction where
    there is a key: it must not wait for anybody else.
    """
    if IDEMPOTENCY_KEY not in call.request.headers:
        return await produce()
    key, fingerprint = _claim(call, said)
    return await call.services.idempotency.once(call.actor.person, key, fingerprint, produce)


async def answered(call: Call[Any, Any], said: bytes) -> StoredAnswer | None:
    """The answer that the request's key got before. Raises Invalid, Conflict as `once`."""
    if IDEMPOTENCY_KEY not in call.request.headers:
        return None
    key, fingerprint = _claim(call, said)
    return await call.services.idempotency.known(call.actor.person, key, fingerprint)


def respond_stored(stored: StoredAnswer) -> web.Response:
    """A response out of what was stored."""
    return web.Response(
        status=stored.status,
        text=stored.body,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _claim(call: Call[Any, Any], said: bytes) -> tuple[str, str]:
    """The key, and what tells requests apart. Raises Invalid."""
    key = call.request.headers[IDEMPOTENCY_KEY]
    if not 1 <= len(key) <= 64 or not key.isprintable():
        raise Invalid("Idempotency-Key must have 1 to 64 printable characters.")
    head = b"\0".join((call.request.method.encode(), call.request.path.encode()))
    return key, hashlib.sha256(head + b"\0" + said).hexdigest()


async def _once(call: Call[Any, Any], route: Route, raw: bytes) -> web.StreamResponse:
    async def produce() -> StoredAnswer:
        answer = await route.handler(call)
        if not isinstance(answer, Answer):
            raise TypeError("a streamed response cannot be kept")
        body = None if answer.body is None else answer.body.model_dump_json()
        return StoredAnswer(answer.status, body)

    return respond_stored(await once(call, raw, produce))
