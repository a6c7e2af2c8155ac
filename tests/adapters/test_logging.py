"""Log lines cannot carry what they must not."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from server.adapters.logging import KEYS, configure


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The stream that JSON log lines go to; the process's own set-up is put back after."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # force=True would close pytest's own
    configure("json", "info", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _last(lines: io.StringIO) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return found


def test_identifiers_codes_and_measures_are_written(lines: io.StringIO) -> None:
    structlog.get_logger().info("room joined", room="r1", person="p1", duration_ms=3.5)
    line = _last(lines)
    assert (line["event"], line["level"], line["room"]) == ("room joined", "info", "r1")
    assert (line["person"], line["duration_ms"]) == ("p1", 3.5)
    assert line["timestamp"].endswith("Z")


def test_an_unlisted_key_is_dropped_and_its_name_told(lines: io.StringIO) -> None:
    structlog.get_logger().info("message posted", text="Rossi Mario", room="r1")
    assert "Rossi" not in lines.getvalue()
    assert _last(lines)["dropped"] == ["text"]


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJwMSJ9.c2lnbmF0dXJl",
        "Bearer abc.def-123",
        "token=abc123",
        "redis://:hush@127.0.0.1/0",
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=ice-pwd:hush",
        "mario.rossi@ospedale.example",
    ],
)
@pytest.mark.parametrize("nesting", ["text", "list", "mapping"])
def test_secrets_are_blotted_wherever_they_stand(
    lines: io.StringIO, secret: str, nesting: str
) -> None:
    values: dict[str, Any] = {"text": secret, "list": [secret], "mapping": {"a": [secret]}}
    structlog.get_logger().warning("refused", reason=values[nesting])
    written = lines.getvalue()
    assert "[blotted]" in written
    for part in ("eyJzdWIi", "abc", "hush", "rossi"):
        assert part not in written


def test_bytes_are_measured_not_shown(lines: io.StringIO) -> None:
    structlog.get_logger().info("received", source=b"Rossi")
    assert _last(lines)["source"] == "[5 bytes]"


def test_an_exception_is_its_type_and_places_but_not_its_text(lines: io.StringIO) -> None:
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused", "Rossi")
        except OSError as cause:
            raise ValueError("Rossi Mario") from cause
    except ValueError:
        structlog.get_logger().exception("failed", error_id="e1")
    line = _last(lines)
    assert line["exception"].startswith("ValueError at test_logging.py:")
    assert "ConnectionRefusedError (Connection refused)" in line["exception"]
    assert "Rossi" not in lines.getvalue()


def test_a_library_keeps_its_words_but_not_its_arguments(lines: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("Error handling %s\nbody: Rossi", "Rossi")
    line = _last(lines)
    assert (line["event"], line["logger"]) == ("Error handling %s", "aiohttp.server")
    assert "Rossi" not in lines.getvalue()


def test_a_librarys_chatter_is_left_out(lines: io.StringIO) -> None:
    logging.getLogger("engineio").info("received packet Rossi")
    assert lines.getvalue() == ""


def test_the_console_form_blots_too(lines: io.StringIO) -> None:
    configure("console", "info", lines)
    try:
        raise ValueError("Rossi Mario")
    except ValueError:
        structlog.get_logger().exception("failed", reason="token=abc123", text="Rossi")
    written = lines.getvalue()
    assert "failed" in written
    assert "abc123" not in written
    assert "Rossi" not in written


def test_every_key_that_the_code_logs_is_listed() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [
        file for plane in ("server", "signaling", "media") for file in (root / plane).rglob("*.py")
    ]
    used = {key for file in files for key in _logged_keys(ast.parse(file.read_text("utf-8")))}
    assert used  # the scan finds them
    assert used - KEYS - {"exc_info"} == set()


def _logged_keys(tree: ast.AST) -> set[str]:
    levels = {"debug", "info", "warning", "error", "exception"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in levels
        and ast.unparse(call.func.value).split(".")[-1] in {"log", "_log"}
        for keyword in call.keywords
        if keyword.arg
    }
