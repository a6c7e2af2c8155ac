"""The description of the API: an OpenAPI document, and a page that people read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from server.web import docs
from server.web.routing import Route


class Description:
    """The API in words, written when somebody first asks: it takes a second."""

    def __init__(self, routes: Sequence[Route], version: str) -> None:
        self._routes = routes
        self._version = version
        self._lock = asyncio.Lock()
        self._written: tuple[dict[str, Any], str] | None = None

    async def read(self) -> tuple[dict[str, Any], str]:
        """The OpenAPI document, and its page."""
        async with self._lock:
            if self._written is None:
                self._written = await asyncio.to_thread(self._write)
        return self._written

    def _write(self) -> tuple[dict[str, Any], str]:
        from server.web import openapi  # slow: not at each start

        document = openapi.describe(self._routes, self._version)
        return document, docs.page(document)


def add(app: web.Application, routes: Sequence[Route], version: str) -> None:
    """Serve the document as JSON and as a page."""
    description = Description(routes, version)

    async def describe(_request: web.Request) -> web.Response:
        return web.json_response((await description.read())[0])

    async def read(_request: web.Request) -> web.Response:
        return web.Response(text=(await description.read())[1], content_type="text/html")

    async def style(_request: web.Request) -> web.Response:
        return web.Response(text=docs.STYLE, content_type="text/css")

    app.router.add_get("/openapi.json", describe)
    app.router.add_get("/docs", read)
    app.router.add_get("/docs/style.css", style)
