"""The routes of the services to patients."""

from __future__ import annotations

from server.web import tasks

ROUTES = (tasks,)
