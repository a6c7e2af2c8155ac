"""The composition root: services and engines behind the edges that reach them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import text

from deploy.foundation import Base, base
from deploy.joining import Beyond, Inside, join
from server.adapters.bus import RedisBus
from server.adapters.settings import Settings
from server.domain.relays import Relay
from server.services.ending import end
from server.services.engine import Engine
from server.web import app as web_edge
from server.web import audit as audit_routes
from server.web import (
    auth,
    call_quality,
    contact_methods,
    documents,
    invitations,
    keys,
    me,
    members,
    organisations,
    rooms,
    whip,
)
from server.web import care as care_routes
from server.web import pushes as push_routes
from server.web import recordings as recording_routes
from server.web import timeline as timeline_routes
from server.web import training as training_routes
from server.web import uploads as upload_routes
from server.web import users as user_routes
from server.web import webhooks as webhook_routes
from server.web.health import Probe
from signaling import app as live_edge
from signaling.documents import DocumentChannel


def compose(
    chosen: Settings,
    pages: Path | None = None,
    *,
    beyond: Beyond | None = None,
    is_sandbox: bool = False,
) -> web.Application:
    """Join adapters, services and edges; what must be started and closed is the app's own."""
    inside = join(chosen, base(chosen), beyond=beyond, is_sandbox=is_sandbox)
    return _application(chosen, inside, pages)


def relay(chosen: Settings) -> Relay:
    """The TURN relay that people are sent to, if there is one."""
    lifetime = timedelta(seconds=chosen.turn_ttl_seconds)
    return Relay(chosen.turn_urls, chosen.turn_secret or "", lifetime)


ROUTES = (
    auth,
    me,
    user_routes,
    organisations,
    rooms,
    members,
    invitations,
    timeline_routes,
    documents,
    upload_routes,
    call_quality,
    recording_routes,
    whip,
    audit_routes,
    keys,
    webhook_routes,
    push_routes,
    contact_methods,
    training_routes,
    *care_routes.ROUTES,
)


def _application(chosen: Settings, inside: Inside, pages: Path | None) -> web.Application:
    core, services, engines = inside.core, inside.services, inside.engines
    media, metrics = inside.media, inside.metrics
    metrics.watch("media", media.describe)
    for name, engine in engines.items():
        metrics.watch(name, engine.describe)
    edge = web_edge.Edge(
        version=services.version,
        public=chosen.public_url is not None,
        client=pages,
        metrics_token=chosen.metrics_token,
        probes=_probes(core, engines),
        warnings=inside.oversight.warnings,
    )
    routes = [route for module in ROUTES for route in module.routes.all]
    app = web_edge.create(services, routes, metrics, edge)
    channel = DocumentChannel(
        services.uploads, services.documents, core.tokens, core.clock, core.fresh
    )
    live_options = live_edge.Edge(
        public_url=chosen.public_url, relay=relay(chosen), drain_seconds=chosen.drain_seconds
    )
    signaling = live_edge.create(app, inside.live, live_options, [channel])
    web_edge.add_pages(app, edge)

    async def run(_app: web.Application) -> AsyncIterator[None]:
        await core.bus.start()
        await core.keys.refresh()
        await signaling.start()
        tasks = [asyncio.create_task(one.run(), name=name) for name, one in engines.items()]
        tasks.append(asyncio.create_task(core.database.watch(), name="database"))
        tasks.append(asyncio.create_task(services.care.tele.pulls.run(), name="pulls"))
        tasks.append(asyncio.create_task(services.recordings.films.run(), name="films"))
        yield
        await end(tasks)
        await signaling.close()
        await core.bus.close()
        await core.database.close()

    async def drain(_app: web.Application) -> None:
        await signaling.close()

    app.cleanup_ctx.append(run)
    app.on_shutdown.append(drain)
    return app


def _probes(core: Base, engines: Mapping[str, Engine]) -> dict[str, Probe]:
    probes = {"database": _database_probe(core)} | {
        name: engine.probe for name, engine in engines.items()
    }
    return probes | {"bus": core.bus.probe} if isinstance(core.bus, RedisBus) else probes


def _database_probe(core: Base) -> Probe:
    async def probe() -> None:
        async with core.database.reading() as uow:
            await uow.connection.execute(text("SELECT 1"))

    return probe
