"""Live and ready."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

Probe = Callable[[], Awaitable[None]]
_PATIENCE_S = 2.0


def add_health(
    app: web.Application, probes: Mapping[str, Probe], warnings: Mapping[str, Probe]
) -> None:
    """Serve `/health/live` and `/health/ready`; a probe that raises or dawdles has failed.

    Failing `warnings` are named and leave the process ready: without it, less would work.
    """

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_request: web.Request) -> web.Response:
        parts, warned = await asyncio.gather(_ask_all(probes), _ask_all(warnings))
        is_ready = all(parts.values())
        body = {
            "status": "ready" if is_ready else "unready",
            "parts": {name: "ok" if ok else "failing" for name, ok in parts.items()},
            "warnings": [name for name, ok in warned.items() if not ok],
        }
        return web.json_response(body, status=200 if is_ready else 503)

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)


async def _ask_all(probes: Mapping[str, Probe]) -> Mapping[str, bool]:
    verdicts = await asyncio.gather(*(_ask(name, probe) for name, probe in probes.items()))
    return dict(zip(probes, verdicts, strict=True))


async def _ask(name: str, probe: Probe) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await probe()
    except Exception as error:
        log.warning("probe-failed", part=name, error=type(error).__name__)
        return False
    return True
