"""The routes of the services to patients."""

from __future__ import annotations

from server.web import reports, tasks

ROUTES = (tasks, reports)
