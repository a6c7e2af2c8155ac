"""The server keeps its own OpenAPI document, whatever a generator sends."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.smoke.api.world import World

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
HOOKS = "tests.smoke.api.schemathesis_hooks"
ROOT = Path(__file__).resolve().parents[3]
SIGN_OUT = "/api/v1/auth/logout.*"
CLOSE = "/api/v1/rooms/{id}/close"


async def explore(
    world: World, folder: Path, examples: int, *options: str, **parameters: Mapping[str, str]
) -> None:
    """Run schemathesis as an administrator who hosts a room; show what it found."""
    config = folder / "schemathesis.toml"
    lines = ["color = false", ""]
    for prefix, values in parameters.items():
        lines += ["[[operations]]", f'include-path-regex = "^/api/v1/{prefix}/"']
        pairs = ", ".join(f'"path.{name}" = "{value}"' for name, value in values.items())
        lines += [f"parameters = {{ {pairs} }}", ""]
    config.write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run"),
        f"{world.url}/openapi.json",
        *("--header", f"Authorization: Bearer {world.tokens['admin']}"),
        *("--checks", ",".join(CHECKS), "--max-examples", str(examples)),
        "--generation-deterministic",
        *("--phases", "examples,coverage,fuzzing", "--workers", "1"),
        *("--max-failures", "5", *options),
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    said = output.decode()
    assert process.returncode == 0, said[max(said.find(" FAILURES "), 0) :][:6000]
    await world.does("admin", "GET", "me")  # signed in to the end, or it proved nothing


@pytest.mark.slow
async def test_a_stranger_to_all_ids_meets_no_failure(world: World, tmp_path: Path) -> None:
    await explore(world, tmp_path, 3, "--exclude-path-regex", f"{SIGN_OUT}|/api/v1/users/.+")


@pytest.mark.slow
async def test_a_host_meets_no_failure_in_the_own_room(world: World, tmp_path: Path) -> None:
    room = (await world.does("admin", "POST", "rooms", {"title": "Own"}))["id"]
    world.ids["room"] = room
    body = {"user": world.users["host"], "role": "host"}
    await world.does("admin", "POST", f"rooms/{room}/members", body)
    body = {"user": world.users["colleague"]}
    await world.does("admin", "POST", f"rooms/{room}/members", body)
    await explore(
        world,
        tmp_path,
        5,
        *("--exclude-path", CLOSE, "--include-path-regex", "/api/v1/(rooms|users)/"),
        rooms={
            "id": room,
            "doc": await world.upload("own", is_sent=True),
            "person": world.users["colleague"],
        },
        users={"id": world.ids["pending"]},
    )
