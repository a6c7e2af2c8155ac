"""A throw-away Redis on a random loopback port, keeping nothing."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import free_port, running


@contextmanager
def server(program: str) -> Iterator[str]:
    """Yield the URL of an empty server without persistence."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis-") as home:
        command = [
            *(program, "--bind", "127.0.0.1", "--port", str(port)),
            *("--save", "", "--appendonly", "no", "--dir", home),
        ]
        with running(command, lambda: _answers(port), Path(home) / "server.log"):
            yield f"redis://127.0.0.1:{port}/0"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(b"PING\r\n")
            return probe.recv(64).startswith(b"+PONG")
    except OSError:
        return False
