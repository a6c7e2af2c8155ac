"""A throw-away PostgreSQL cluster on a random loopback port."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
    own = Cluster(programs)
    try:
        own.start()
        yield own.url
    finally:
        own.remove()


class Cluster:
    """A server that stops as if its machine had, or stands still, and comes back on its port."""

    def __init__(self, programs: Path) -> None:
        """Made, and not started."""
        self._programs = programs
        self._account = "postgres" if os.geteuid() == 0 else None  # initdb refuses root
        self._home = Path(tempfile.mkdtemp(prefix="postgres-"))
        if self._account:
            shutil.chown(self._home, self._account, self._account)
        self._data, self._port = self._home / "data", free_port()
        self._process = ExitStack()
        self._pid = 0
        _initialise(programs, self._data, self._account)

    @property
    def url(self) -> str:
        """For `DATABASE_URL`."""
        return f"postgresql+asyncpg://{OWNER}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start, with the data of before."""
        server = running(
            _command(self._programs, self._data, self._port),
            lambda: _accepts(self._programs, self._port),
            self._home / "server.log",
            user=self._account,
            stop_signal=signal.SIGINT,  # "fast": sessions are closed, nothing is waited for
        )
        self._pid = self._process.enter_context(server)

    def crash(self) -> None:
        """End at once, as `pg_ctl stop -m immediate` does: every connection breaks."""
        os.kill(self._pid, signal.SIGQUIT)
        self._process.close()

    def freeze(self) -> None:
        """Stand still: connections stay, nothing answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        self._send(signal.SIGCONT)

    def remove(self) -> None:
        """Stop, and forget the data."""
        self._process.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _send(self, number: signal.Signals) -> None:
        """To the server and each of its sessions, which lead process groups of their own."""
        os.kill(self._pid, number)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                if parent == self._pid:
                    os.kill(int(stat.parent.name), number)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it went meanwhile


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
