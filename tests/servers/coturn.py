"""A throw-away coturn on loopback, set up as the documentation says."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deploy import certificates
from tests.servers.process import free_port, running

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/turnserver.conf"
SECRET = "north-south-east-west"


@dataclass(frozen=True, slots=True)
class Turn:
    """Where it listens and what makes it trusted."""

    port: int
    tls_port: int
    certificate: Path
    log: Path

    def url(self, scheme: str, transport: str) -> str:
        """`turn` or `turns` over `udp` or `tcp`."""
        port = self.tls_port if scheme == "turns" else self.port
        return f"{scheme}:127.0.0.1:{port}?transport={transport}"


@contextmanager
def server(program: str, now: datetime) -> Iterator[Turn]:
    """The documented configuration with this machine's values; loopback is for the test only."""
    with tempfile.TemporaryDirectory(prefix="coturn-") as home:
        folder = certificates.Folder(Path(home) / "certs")
        certificates.ensure(folder, ["localhost", "127.0.0.1"], now)
        turn = Turn(free_port(), free_port(), folder.server, Path(home) / "server.log")
        values = {
            "TURN.EXAMPLE": "localhost",
            "RELAY_ADDRESS": "127.0.0.1",
            "listening-port=3478": f"listening-port={turn.port}",
            "tls-listening-port=443": f"tls-listening-port={turn.tls_port}",
            "/etc/turn/fullchain.pem": str(folder.server),
            "/etc/turn/privkey.pem": str(folder.server_key),
            "TURN_SECRET": SECRET,
            "MEDIA_ADDRESS": "127.0.0.1",
        }
        lines = [line for line in EXAMPLE.read_text().splitlines() if not line.startswith("#")]
        text = "\n".join(lines)
        for written, value in sorted(values.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(written, value)
        text += f"\nallow-loopback-peers\nverbose\npidfile={home}/pid\nuserdb={home}/db\n"
        config = Path(home) / "turnserver.conf"
        config.write_text(text)
        command = [program, "-c", str(config)]
        with running(command, lambda: _answers(turn), turn.log):
            yield turn


def _answers(turn: Turn) -> bool:
    try:
        for port in (turn.port, turn.tls_port):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
