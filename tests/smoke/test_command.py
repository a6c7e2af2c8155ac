"""The command that a hospital types: it serves, says where, and ends well."""

import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


@contextmanager
def served(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run the command with everything of its own under `home`; yields it and its output."""
    own = {
        "DATA_DIR": str(home / "data"),
        "CERTS_DIR": str(home / "certs"),
        "HTTP_PORT": "0",
        "HTTPS_HOST": "127.0.0.1",
        "HTTPS_PORT": "0",
        "TRAINING_HTTP_PORT": "0",
        "TRAINING_HTTPS_PORT": "0",
        "MEDIA_ADDRESS": "127.0.0.1",
        "MEDIA_PORT": "0",
    }
    printed = home / "printed"
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, ROOT / "run.py"],
            cwd=home,
            env=os.environ | own,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, printed
    finally:
        process.kill()
        process.wait()


def _ports(process: subprocess.Popen[bytes], printed: Path) -> tuple[str, str]:
    """The ports it says, once it says them."""
    deadline = time.monotonic() + PATIENCE_S
    while "Ctrl-C stops it" not in printed.read_text():
        assert process.poll() is None, printed.read_text()
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.05)
    lines = printed.read_text().splitlines()
    plain = next(line for line in lines if "http://localhost:" in line)
    secure = next(line for line in lines if "https://" in line)
    return plain.rsplit(":", 1)[1], secure.rsplit(":", 1)[1]


@pytest.mark.node
def test_it_serves_both_ways_and_a_signal_ends_it(tmp_path: Path) -> None:
    with served(tmp_path) as (process, printed):
        http, https = _ports(process, printed)
        trusting = ssl.create_default_context(cafile=str(tmp_path / "certs" / "ca.pem"))
        for url, tls in (
            (f"http://localhost:{http}/health/ready", None),
            (f"https://127.0.0.1:{https}/health/ready", trusting),
            (f"http://localhost:{http}/", None),
        ):
            with urllib.request.urlopen(url, timeout=10, context=tls) as answer:
                assert answer.status == 200, url
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert printed.read_text().splitlines()[-1] == "Stopped."
        assert "error" not in printed.read_text().lower()


def test_a_wrong_setting_ends_it_at_once_and_is_named(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, ROOT / "run.py"],
        cwd=tmp_path,
        env=os.environ | {"HTTP_PORT": "seventy", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert "HTTP_PORT: Input should be a valid integer" in finished.stderr


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://guard:hidden@127.0.0.1:1/region"
    finished = subprocess.run(
        [sys.executable, ROOT / "run.py", "audit", "verify"],
        cwd=tmp_path,
        env=os.environ | {"DATABASE_URL": url, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("run.py: the database of postgresql+asyncpg://guard:***@127.0.0.1:1")


def test_help_names_the_commands() -> None:
    finished = subprocess.run(
        [sys.executable, ROOT / "run.py", "--help"], capture_output=True, text=True, check=True
    )
    words = set(finished.stdout.split())
    assert {"serve", "test", "check", "bench", "certs"} <= words
