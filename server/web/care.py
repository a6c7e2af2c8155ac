"""The routes of the services to patients."""

from __future__ import annotations

from server.web import (
    board_cases,
    boards,
    consultations,
    figures,
    guard,
    guard_handovers,
    guard_services,
    pacs,
    pathway_figures,
    pathway_templates,
    pathway_visits,
    pathways,
    reports,
    results,
    rotas,
    slots,
    studies,
    tasks,
    televisits,
    threads,
)

ROUTES = (
    tasks,
    rotas,
    guard_handovers,
    guard_services,
    guard,
    threads,
    reports,
    slots,
    consultations,
    boards,
    board_cases,
    pathway_templates,
    pathways,
    pathway_visits,
    pathway_figures,
    studies,
    results,
    pacs,
    televisits,
    figures,
)
