"""The ground that every command and the server stand on: adapters, and services without an edge."""

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from deploy import logins
from deploy.progress import SetupError
from server.adapters.bus import LocalBus, RedisBus
from server.adapters.checkpoints import CheckpointFolder
from server.adapters.clock import SystemClock
from server.adapters.database.migrations import migrate
from server.adapters.database.unit_of_work import SqlDatabase, create_engine
from server.adapters.fresh import SystemFresh
from server.adapters.passwords import Argon2Passwords
from server.adapters.rate_limits import WindowRateLimits, storage
from server.adapters.secret_box import AesSecretBox, master_secret
from server.adapters.settings import Settings
from server.adapters.tokens import JwtCodec
from server.services import care
from server.services.administration import Administration
from server.services.audit import Audit
from server.services.demo import Demo
from server.services.keys import Keys
from server.services.ports.bus import Bus
from server.services.ports.clock import Clock
from server.services.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Base:
    """What commands and the server share."""

    clock: Clock
    fresh: SystemFresh
    bus: Bus
    database: SqlDatabase
    box: AesSecretBox
    passwords: Argon2Passwords
    limits: WindowRateLimits
    codec: JwtCodec
    tokens: Tokens
    keys: Keys
    audit: Audit
    administration: Administration


def base(chosen: Settings, clock: Clock | None = None, bus: Bus | None = None) -> Base:
    """Join the adapters and the services that need no edge."""
    clock, fresh = clock or SystemClock(), SystemFresh()
    bus = bus or (RedisBus(chosen.redis_url, clock) if chosen.redis_url else LocalBus())
    database = SqlDatabase(create_engine(chosen.database), bus, clock)
    box = AesSecretBox(master_secret(chosen.master_key))
    codec = JwtCodec("guardline")
    passwords = Argon2Passwords()
    return Base(
        clock,
        fresh,
        bus,
        database,
        box,
        passwords,
        WindowRateLimits(storage(chosen.redis_url), clock),
        codec,
        Tokens(database, clock, fresh, codec, second_factor_required=chosen.second_factor_required),
        Keys(database, clock, fresh, box, codec),
        Audit(database, clock, CheckpointFolder(chosen.audit_folder)),
        Administration(database, clock, passwords),
    )


async def prepare(chosen: Settings, *, is_sandbox: bool = False) -> None:
    """Bring the database to this version and seed the demo network, if there is to be one."""
    chosen.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    core = base(chosen)
    try:
        await migrate(core.database.engine)
    except (OSError, DBAPIError) as error:
        reason = getattr(error, "orig", None) or error
        raise SetupError(
            f"the database of {core.database.engine.url!r} does not answer or refuses: {reason}"
        ) from error
    made = await demo(core).seed() if chosen.is_demo or is_sandbox else []
    await core.database.close()
    logins.keep(chosen.data_dir, [] if is_sandbox else made)  # nobody signs in there as a colleague


def demo(core: Base) -> Demo:
    """The demo network, furnished by every service."""
    return Demo(core.database, core.clock, core.fresh, core.passwords, care.FURNISHERS)
