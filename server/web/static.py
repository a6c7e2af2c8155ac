"""The web client's built files; unknown pages are the client's own to route."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from server.web.errors import problem_response

_FOREVER = "public, max-age=31536000, immutable"
_RESERVED = ("/api/", "/socket.io", "/health", "/metrics", "/.well-known", "/assets/", "/docs/")


def add_client(app: web.Application, folder: Path) -> None:
    """Serve the client from `folder` (Vite's output: hashed names under `assets/`)."""
    index = folder / "index.html"
    top = {f"/{file.name}": file for file in folder.iterdir() if file.is_file()}

    async def asset(request: web.Request) -> web.StreamResponse:
        file = assets.get(request.match_info["name"])
        if file is None:
            return problem_response("not-found")
        return web.FileResponse(file, headers={"Cache-Control": _FOREVER})

    async def page(request: web.Request) -> web.StreamResponse:
        if request.path.startswith(_RESERVED):
            return problem_response("not-found")
        file = top.get(request.path, index)
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    root = folder / "assets"
    assets = {file.relative_to(root).as_posix(): file for file in root.rglob("*") if file.is_file()}
    app.router.add_get("/assets/{name:.+}", asset)
    app.router.add_get("/{page:.*}", page)
