"""The HTTP application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from server.web import description
from server.web.errors import translate
from server.web.fhir_errors import outcomes
from server.web.headers import secure
from server.web.health import Probe, add_health
from server.web.metrics import Metrics
from server.web.routing import MAX_JSON_BYTES, SERVICES, Route, bind
from server.web.services import Services
from server.web.static import add_client


@dataclass(frozen=True, slots=True)
class Edge:
    """How the application meets the world."""

    version: str
    public: bool = False
    """Served under PUBLIC_URL, so HTTPS is promised for the future."""
    client: Path | None = None
    metrics_token: str | None = None
    probes: Mapping[str, Probe] = field(default_factory=dict)
    warnings: Mapping[str, Probe] = field(default_factory=dict)


def create(
    services: Services, routes: Sequence[Route], metrics: Metrics, edge: Edge
) -> web.Application:
    """An application that serves the routes, their description, health, metrics and client."""
    middlewares = [metrics.middleware(), outcomes, translate(services.fresh)]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_JSON_BYTES)
    app[SERVICES] = services
    app.on_response_prepare.append(secure(edge.public))
    for route in routes:
        bind(app, route)
    description.add(app, routes, edge.version)
    add_health(app, edge.probes, edge.warnings)
    metrics.add(app, edge.metrics_token)
    return app


def add_pages(app: web.Application, edge: Edge) -> None:
    """Serve the client; called last, since it takes every page that is left."""
    if edge.client is not None and (edge.client / "index.html").is_file():
        add_client(app, edge.client)
