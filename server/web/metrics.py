"""Prometheus metrics: to loopback, or to who knows the token."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server.services.ports.clock import Clock
from server.web.errors import problem_response

Figures = Callable[[], Mapping[str, object]]


class FigureCollector(Collector):
    """Turns a plane's own figures into gauges: numbers, and one level of labelled numbers."""

    def __init__(self, prefix: str, figures: Figures) -> None:
        self._prefix = prefix
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """The figures of this moment."""
        for name, value in self._figures().items():
            metric_name = f"{self._prefix}_{name}"
            if isinstance(value, int | float):
                yield GaugeMetricFamily(metric_name, name, value=float(value))
            elif isinstance(value, Mapping):
                family = GaugeMetricFamily(metric_name, name, labels=["kind"])
                for kind, number in value.items():
                    if isinstance(number, int | float):
                        family.add_metric([str(kind)], float(number))
                yield family


class Metrics:
    """The process's figures."""

    def __init__(self, clock: Clock) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._requests = Counter(
            "http_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "http_request_seconds", "Time to answer", ["method", "route"], registry=self.registry
        )

    def watch(self, prefix: str, figures: Figures) -> None:
        """Show what `figures` tells at each scrape."""
        self.registry.register(FigureCollector(prefix, figures))

    def middleware(self) -> Middleware:
        """Count requests by route, never by path."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            begun = self._clock.monotonic()
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "unmatched"
            response = await handler(request)
            self._requests.labels(request.method, route, response.status).inc()
            self._seconds.labels(request.method, route).observe(self._clock.monotonic() - begun)
            return response

        return count

    def add(self, app: web.Application, token: str | None) -> None:
        """Serve `/metrics`."""

        async def metrics(request: web.Request) -> web.Response:
            if not _may_read(request, token):
                return problem_response("not-found")
            text = generate_latest(self.registry)
            return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4"})

        app.router.add_get("/metrics", metrics)


def _may_read(request: web.Request, token: str | None) -> bool:
    if token is None:
        forwarded = {"Forwarded", "X-Forwarded-For", "X-Real-IP"} & request.headers.keys()
        return not forwarded and request.remote in {"127.0.0.1", "::1"}
    _, _, given = request.headers.get("Authorization", "").partition(" ")
    return hmac.compare_digest(given.encode(), token.encode())
