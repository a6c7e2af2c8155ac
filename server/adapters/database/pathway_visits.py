"""The table of pathways' visits."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table

from server.adapters.database.metadata import Id, Instant, metadata
from server.domain.pathway_templates import NAME_LIMIT, SPECIALTY_LIMIT
from server.domain.pathway_visits import PLACE_LIMIT, REASON_LIMIT

pathway_visits = Table(
    "pathway_visits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("pathway", Id, ForeignKey("pathways.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("title", String(NAME_LIMIT), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("performer", String(20), nullable=False),
    Column("specialty", String(SPECIALTY_LIMIT)),
    Column("target", Date, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("appointment", Instant),
    Column("place", String(PLACE_LIMIT)),
    Column("reason", String(REASON_LIMIT)),
    Column("taken_by", Id, ForeignKey("users.id")),
    Column("taken_at", Instant),
    Column("held_on", Date),
    Column("overdue_at", Instant),
    Index(None, "state", "last"),
)
