"""Settings: from the environment, a `.env` file, a TOML file, in this order of precedence."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from annotated_types import Ge, Le
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from server.adapters.setting_values import (
    Addresses,
    DatabaseUrl,
    HeartbeatUrl,
    MailAddress,
    MailSecurity,
    Port,
    PublicUrl,
    RedisUrl,
    SigningSecret,
    SourceUrl,
    TurnUrls,
)

EVERY_INTERFACE = "*"


class InvalidSettings(Exception):
    """One line per setting that is wrong, each beginning with its name."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings are wrong:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = problems


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe log line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseModel):
    """Every setting of the server, without a source: what a test writes is all there is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        default=Path("data"), description="Folder of the embedded database and of documents."
    )
    certs_dir: Path = Field(
        default=Path("certs"), description="Folder of the TLS certificates and keys."
    )
    audit_dir: Path | None = Field(
        default=None,
        description=(
            "Folder of the audit's signed checkpoints, best on another disk; "
            "unset, `audit` in `DATA_DIR`."
        ),
    )
    master_key_file: Path | None = Field(
        default=None,
        description=(
            "File of the key that seals secrets in the database, made at the first start; "
            "unset, `master.key` in `DATA_DIR`."
        ),
    )
    database_url: DatabaseUrl | None = Field(
        default=None,
        repr=False,
        description="`postgresql://…` or `sqlite:///…`; unset, SQLite in `DATA_DIR`.",
    )
    redis_url: RedisUrl | None = Field(
        default=None,
        repr=False,
        description="`redis://…`, shared by several server processes; unset, one process alone.",
    )
    public_url: PublicUrl | None = Field(
        default=None,
        description="`https://HOST[:PORT]` by which people reach the server; ends the demo.",
    )
    http_port: Port = Field(
        default=8080, description="Port of plain HTTP, on loopback only; 0 takes a free one."
    )
    https_host: str = Field(
        default=EVERY_INTERFACE, description="Address to serve HTTPS on; `*` is every interface."
    )
    https_port: Port = Field(default=8443, description="Port of HTTPS; 0 takes a free one.")
    media_address: Addresses = Field(
        default=(),
        description=(
            "`BIND[=ANNOUNCED]`, separated by commas: addresses for media, and those browsers "
            "are told behind 1:1 NAT; unset, each of the machine's own."
        ),
    )
    media_port: Port = Field(
        default=20000,
        description="UDP port of the first media worker, one more for each next; 0: any.",
    )
    media_tcp_port: Port = Field(
        default=0,
        description=(
            "TCP port of the first media worker, one more for each next, for networks that block "
            "UDP; 0: the same numbers as UDP's."
        ),
    )
    media_workers: int = Field(
        default=0, ge=0, le=64, description="Media worker processes; 0: one per core."
    )
    turn_urls: TurnUrls = Field(
        default=(),
        description=(
            "`turn:` and `turns:` URLs of a relay, separated by commas, for networks that let "
            "nothing else through (docs/turn.md)."
        ),
    )
    turn_secret: str | None = Field(
        default=None,
        min_length=16,
        repr=False,
        description="Secret shared with the relay (coturn's `static-auth-secret`).",
    )
    turn_ttl_seconds: int = Field(
        default=600,
        ge=60,
        le=86_400,
        description="How long a relay's credentials may be used to begin with, in seconds.",
    )
    second_factor_required: bool = Field(
        default=True,
        description="Whether everyone but demo people must enrol a second factor to work.",
    )
    demo: bool = Field(
        default=True, description="Seed a labelled demo network; never with `PUBLIC_URL`."
    )
    training: bool = Field(
        default=True,
        description=(
            "Serve a training sandbox beside the network, with a database of its own in "
            "`DATA_DIR`; never with `REDIS_URL`, nor under `PUBLIC_URL` without `TRAINING_URL`."
        ),
    )
    training_url: PublicUrl | None = Field(
        default=None, description="`https://HOST[:PORT]` by which people reach the sandbox."
    )
    training_http_port: Port = Field(
        default=8081, description="The sandbox's port of plain HTTP, on loopback; 0: any."
    )
    training_https_port: Port = Field(
        default=8444, description="The sandbox's port of HTTPS; 0: any."
    )
    document_bytes_max: int = Field(
        default=5_000_000_000,
        ge=1_000_000,
        le=1_000_000_000_000,
        description="Largest document, in bytes.",
    )
    recording_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="How many days a recording of a call is kept, then deleted.",
    )
    push_contact: MailAddress = Field(
        default="webmaster@localhost",
        description="E-mail address that browsers' push services may write to about trouble.",
    )
    smtp_host: str | None = Field(
        default=None,
        min_length=1,
        max_length=253,
        description="Mail server by which people are told; unset, nobody is reached by e-mail.",
    )
    smtp_port: Port = Field(default=587, description="Its port.")
    smtp_user: str | None = Field(default=None, min_length=1, description="Who signs in there.")
    smtp_password: str | None = Field(
        default=None, min_length=1, repr=False, description="That account's password."
    )
    smtp_tls: MailSecurity = Field(
        default=MailSecurity.STARTTLS,
        description="How its connection is encrypted; `none` on a network of one's own only.",
    )
    smtp_from: MailAddress | None = Field(
        default=None, description="E-mail address from which people are told."
    )
    gateway_url: HeartbeatUrl | None = Field(
        default=None,
        repr=False,
        description="Address of the SMS and voice gateway (docs/protocol.md); https, or http on a "
        "private network; unset, nobody is reached by telephone.",
    )
    gateway_secret: SigningSecret | None = Field(
        default=None,
        repr=False,
        description="`whsec_…` that signs what goes to the gateway and what it reports.",
    )
    heartbeat_url: HeartbeatUrl | None = Field(
        default=None,
        repr=False,
        description="Address that is called each minute while the guard is all right, so that a "
        "watchdog elsewhere hears its silence; https, or http on a private network.",
    )
    source_url: SourceUrl | None = Field(
        default=None,
        description="Where people find the source of this server as it runs, changes included "
        "(AGPL-3.0 §13); linked from each page.",
    )
    metrics_token: str | None = Field(
        default=None,
        min_length=16,
        repr=False,
        description="Bearer token for `/metrics`; unset, only loopback may read it.",
    )
    log_format: LogFormat = Field(default=LogFormat.CONSOLE, description="Form of the log lines.")
    log_level: LogLevel = Field(
        default=LogLevel.INFO, description="Least severe log line that is written."
    )
    drain_seconds: float = Field(
        default=10.0,
        ge=0,
        le=300,
        description="How long a shutdown waits for running requests, in seconds.",
    )

    @model_validator(mode="after")
    def _a_relay_has_a_secret(self) -> Self:
        if self.turn_urls and not self.turn_secret:
            raise ValueError("TURN_URLS needs TURN_SECRET")
        return self

    @model_validator(mode="after")
    def _contacts_are_complete(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            raise ValueError("SMTP_HOST needs SMTP_FROM")
        if (self.smtp_user is None) != (self.smtp_password is None):
            raise ValueError("SMTP_USER and SMTP_PASSWORD go together")
        if self.smtp_user and self.smtp_tls is MailSecurity.NONE:
            raise ValueError("SMTP_TLS=none would send SMTP_PASSWORD in the clear")
        if (self.gateway_url is None) != (self.gateway_secret is None):
            raise ValueError("GATEWAY_URL and GATEWAY_SECRET go together")
        return self

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database in use."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'guardline.db'}"

    @property
    def audit_folder(self) -> Path:
        """Where the audit's signed checkpoints are kept."""
        return self.audit_dir or self.data_dir / "audit"

    @property
    def master_key(self) -> Path:
        """The file of the key that seals secrets in the database."""
        return self.master_key_file or self.data_dir / "master.key"

    @property
    def is_demo(self) -> bool:
        """Whether the demo network is seeded and its people may sign in."""
        return self.demo and self.public_url is None

    @property
    def has_training(self) -> bool:
        """Whether the sandbox is served: on one process, where people can reach it."""
        is_reachable = self.public_url is None or self.training_url is not None
        return self.training and is_reachable and self.redis_url is None

    def for_training(self) -> "Settings":
        """The sandbox's own settings: nothing stored or signed in common with the network."""
        workers = self.media_workers or os.cpu_count() or 1
        return self.model_copy(
            update={
                "data_dir": self.data_dir / "training",
                "database_url": None,
                "audit_dir": None,
                "master_key_file": None,
                "public_url": self.training_url,
                "http_port": self.training_http_port,
                "https_port": self.training_https_port,
                "media_port": self.media_port + workers if self.media_port else 0,
                "media_tcp_port": self.media_tcp_port + workers if self.media_tcp_port else 0,
                "media_workers": 1,
                "second_factor_required": False,
                "smtp_host": None,  # whoever practises wakes nobody
                "gateway_url": None,
                "gateway_secret": None,
            }
        )

    @property
    def people_url(self) -> str:
        """Where links lead people: `PUBLIC_URL`, or this machine's own address."""
        return self.public_url or f"http://localhost:{self.http_port}"

    def within(self, root: Path) -> "Settings":
        """Return the same settings with relative folders taken from `root`."""
        paths = {name: value for name, value in self if isinstance(value, Path)}
        return self.model_copy(update={name: root / path for name, path in paths.items()})


class _Sources(BaseSettings, Settings):
    """The same fields, filled from the environment, then `.env`, then the file's values."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, env_file_encoding="utf-8"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the file's values, which arrive as arguments, last."""
        return env_settings, dotenv_settings, init_settings


def load(root: Path, config: Path | None = None) -> Settings:
    """Return validated settings; raises InvalidSettings naming each wrong one."""
    values: dict[str, Any] = {"_env_file": root / ".env"}
    if config:
        values |= _read(config)
    try:
        found = _Sources(**values)
    except ValidationError as error:
        raise InvalidSettings([_problem(detail) for detail in error.errors()]) from None
    return Settings.model_construct(**dict(found)).within(root)


def _read(config: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(config.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSettings([f"--config {config}: {error}"]) from error
    unknown = sorted(values.keys() - Settings.model_fields.keys())
    if unknown:
        raise InvalidSettings([f"{name}: there is no such setting ({config})" for name in unknown])
    return values


def _problem(detail: Mapping[str, Any]) -> str:
    """Say what is wrong without repeating the value, which may be a secret."""
    name = str(detail["loc"][0]).upper() if detail["loc"] else "settings"
    return f"{name}: {str(detail['msg']).removeprefix('Value error, ')}"


def describe() -> Iterator[tuple[str, str, str]]:
    """Yield name, default and meaning of each setting, as the README lists them."""
    for name, field in Settings.model_fields.items():
        bounds = [
            f"{sign} {getattr(rule, attribute)}"
            for rule in field.metadata
            for kind, attribute, sign in ((Ge, "ge", "≥"), (Le, "le", "≤"))
            if isinstance(rule, kind)
        ]
        if isinstance(field.annotation, type) and issubclass(field.annotation, StrEnum):
            bounds = list(field.annotation)
        meaning = " ".join([str(field.description), f"({', '.join(bounds)})" if bounds else ""])
        yield name.upper(), _shown(field.default), meaning.strip()


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default)
