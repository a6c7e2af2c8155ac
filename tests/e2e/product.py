"""The product as its users run it: `run.py serve` in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import prepared
from tests.servers.process import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass
class Product:
    """One server process; started again it finds its data and its ports."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.home / "server.log"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start, and wait until it is ready; the demo network is a copy of one made before."""
        data = self.home / "data"
        if not data.exists() and not {"DATABASE_URL", "DATA_DIR"} & self.settings.keys():
            shutil.copytree(prepared.network(), data)
        own = {
            "DATA_DIR": str(data),
            "CERTS_DIR": str(self.home / "certs"),
            "HTTP_PORT": str(self.port),
            "HTTPS_HOST": "127.0.0.1",
            "HTTPS_PORT": "0",
            "MEDIA_ADDRESS": "127.0.0.1",
            "MEDIA_PORT": "0",
            "LOG_FORMAT": "json",
            "TRAINING": "false",
        }
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "run.py", "serve"],
                cwd=ROOT,
                env=os.environ | own | dict(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """As a power cut would end it: no farewell (its workers see their channel close)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """As a service manager would end it; answers the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def logins(self) -> dict[str, str]:
        """Passwords of the demo people by e-mail."""
        found = json.loads((self.home / "data" / "demo-logins.json").read_text())
        return {str(one["email"]): str(one["password"]) for one in found}

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """One request of an integrator: status and parsed JSON."""
        sent = {"Content-Type": "application/json"} | dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, _parsed(refused.read())

    def sign_in(self, email: str) -> str:
        """A demo person's access token."""
        credentials = {"email": email, "password": self.logins()[email]}
        status, session = self.ask("POST", "/api/v1/auth/login", credentials)
        assert status == 200, session
        return str(session["access_token"])

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/health/ready")[0] == 200
        except OSError:
            return False


def _parsed(raw: bytes) -> Any:
    return json.loads(raw) if raw.strip() else None
