"""A throw-away PostgreSQL cluster on a random loopback port."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import free_port, running

OWNER = "guardline"


def binaries() -> Path | None:
    """Return the newest directory holding `initdb`, or None where PostgreSQL is absent."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    found = shutil.which("initdb")
    if debian:
        return debian[-1].parent
    return Path(found).resolve().parent if found else None


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database whose owner is a superuser."""
    account = "postgres" if os.geteuid() == 0 else None  # initdb refuses root
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if account:
            shutil.chown(home, account, account)
        data, port = home / "data", free_port()
        _initialise(programs, data, account)
        with running(
            _command(programs, data, port),
            lambda: _accepts(programs, port),
            home / "server.log",
            user=account,
            stop_signal=signal.SIGINT,  # "fast": sessions are closed, nothing is waited for
        ):
            yield f"postgresql+asyncpg://{OWNER}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _initialise(programs: Path, data: Path, account: str | None) -> None:
    subprocess.run(
        [
            *(programs / "initdb", "--pgdata", data, "--username", OWNER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        user=account,
        group=account,
        extra_groups=[] if account else None,
    )


def _command(programs: Path, data: Path, port: int) -> list[str]:
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(data.parent),
        "fsync": "off",
        "max_connections": "200",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(data), *settings]


def _accepts(programs: Path, port: int) -> bool:
    probe = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", OWNER]
    return subprocess.run([*probe, "-d", "postgres"], check=False).returncode == 0
