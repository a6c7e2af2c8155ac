"""How people write settings that are more than a number or a word."""

import ipaddress
import re
from base64 import b64decode
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)
from pydantic_settings import (
    NoDecode,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
"""SQLAlchemy dialect and driver for each scheme that people write."""


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ValueError("not a database URL") from error
    if url.drivername not in DRIVERS:
        raise ValueError("the database must be postgresql:// or sqlite:///")
    return url.set(drivername=DRIVERS[url.drivername]).render_as_string(hide_password=False)


def _redis_url(text: str) -> str:
    if URL(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return text


def _public_url(text: str) -> str:
    url = URL(text)
    if url.scheme != "https" or not url.host or url.path not in {"", "/"} or url.query_string:
        raise ValueError("must be https://HOST[:PORT] and nothing more")
    return str(url.origin())


def _heartbeat_url(text: str) -> str:
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host or url.user or url.fragment:
        raise ValueError("must be https://… or, on a private network, http://…")
    if url.scheme == "http" and not _is_private(url.host):
        raise ValueError("must be https://…: plain http is for private networks only")
    return str(url)


def _source_url(text: str) -> str:
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host or url.user:
        raise ValueError("must be https://…")
    return str(url)


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".internal", ".lan"))


def _media_addresses(value: Any) -> Any:
    """Parse `bind[=announced]`, separated by commas, into pairs."""
    if not isinstance(value, str):
        return value
    pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    return tuple((bind, announced or bind) for bind, _, announced in pairs)


def _each_an_address(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for address in (address for pair in pairs for address in pair):
        if ipaddress.ip_address(address).is_unspecified:
            raise ValueError(f"{address} is no single address: name each one")
    return pairs


def _turn_urls(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


_TURN = re.compile(r"turns?:(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?", re.I)


def _each_a_relay(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not _TURN.fullmatch(url):  # RFC 7065
            raise ValueError(f"{url} is no turn:HOST[:PORT][?transport=…] or turns:…")
    return urls


Port = Annotated[int, Field(ge=0, le=65535)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
HeartbeatUrl = Annotated[str, AfterValidator(_heartbeat_url)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
SourceUrl = Annotated[str, AfterValidator(_source_url)]
Addresses = Annotated[
    tuple[tuple[str, str], ...],
    NoDecode,  # no JSON in the environment
    BeforeValidator(_media_addresses),
    AfterValidator(_each_an_address),
]


TurnUrls = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_turn_urls), AfterValidator(_each_a_relay)
]


class MailSecurity(StrEnum):
    """How the connection to the mail server is kept to ourselves."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


_SIGNING = range(24, 65)
"""Bytes of a secret of Standard Webhooks."""


def _signing_secret(text: str) -> str:
    try:
        secret = b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        secret = b""
    if not text.startswith("whsec_") or len(secret) not in _SIGNING:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64")
    return text


SigningSecret = Annotated[str, AfterValidator(_signing_secret)]
MailAddress = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
