"""Templates of reports: everybody reads those of their organisation, its radiologists keep them.

`observer` is a nurse of the same organisation as `colleague`, a radiologist.
"""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Body, Case, account, nothing
from tests.smoke.api.world import World

_WORDS = {"name": "CT wrist", "modality": "CT", "findings": "Bones:", "conclusion": ""}
_ELSEWHERE = {"relief": 404, "integrator": 404}


def kept(world: World) -> dict[str, Any]:
    """A new one."""
    return _WORDS | {"organisation": world.ids["report-place"]}


def keeper(name: str, body: Body = nothing) -> Case:
    """A radiologist of the organisation."""
    path = {"id": f"ids:report-template-{name}"}
    return Case("colleague", {"observer": 403} | _ELSEWHERE, body, path=path)


CASES = {
    ("GET", "report-templates"): account(),
    ("POST", "report-templates"): Case("colleague", {"observer": 403, "relief": 403}, kept),
    ("PUT", "report-templates/{id}"): keeper("change", lambda _: _WORDS | {"version": 1}),
    ("DELETE", "report-templates/{id}"): keeper("remove"),
}


async def furnish(world: World) -> None:
    """One to change and one to remove."""
    me = await world.does("colleague", "GET", "me")
    world.ids["report-place"] = me["roles"][0]["organisation"]
    for name in ("change", "remove"):
        made = await world.does("colleague", "POST", "report-templates", kept(world))
        world.ids[f"report-template-{name}"] = made["id"]
