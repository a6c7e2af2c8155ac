"""Reports: their author writes, those in the room read, colleagues add; strangers see none."""

from __future__ import annotations

from typing import Any

from tests.smoke.api.case import Body, Case, nothing

_STRANGERS = {"stranger": 404, "admin": 404, "observer": 404}


def author(body: Body, **path: str) -> Case:
    """Who writes it; `host` asked for it."""
    places = {"id": "ids:report-draft"} | path
    return Case("colleague", _STRANGERS | {"host": 403}, body, path=places)


def reader(**path: str) -> Case:
    """Whoever is in the room."""
    return Case("host", _STRANGERS, nothing, path=path)


def words(_world: Any) -> dict[str, Any]:
    """A newer version; a critical finding made the first."""
    return {"version": 1, "findings": "Nothing new.", "conclusion": "Normal."}


def told(_world: Any) -> dict[str, Any]:
    """Who heard it."""
    return {"receiver": "Dr. Rossi", "told_at": _world.clock.now().isoformat()}


CASES = {
    ("GET", "rooms/{id}/reports"): reader(id="ids:report-room"),
    ("GET", "reports/{id}"): reader(id="ids:report-draft"),
    ("GET", "reports/{id}/pdf"): reader(id="ids:report-final"),
    ("PUT", "reports/{id}"): author(words),
    ("POST", "reports/{id}/criticals"): author(lambda _: {"text": "Pneumothorax"}),
    ("POST", "reports/{id}/criticals/{critical}/read-back"): author(
        told, critical="ids:report-critical"
    ),
    ("POST", "reports/{id}/sign"): author(lambda _: {"version": 3, "attestation": "PACS 7.2"}),
    ("POST", "reports/{id}/addenda"): author(
        lambda _: {"text": "Confirmed."}, id="ids:report-final"
    ),
}
"""What is reported, the studies furnish."""
