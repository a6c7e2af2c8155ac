"""Tables of pathways."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pathway_templates",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("steps", Json, nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        _references("pathway_templates", "created_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathway_templates")),
    )
    op.create_table(
        "pathways",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("patient", sa.String(length=80), nullable=False),
        sa.Column("hospital", sa.String(length=80), nullable=False),
        sa.Column("responsible", sa.String(length=80), nullable=False),
        sa.Column("gp", sa.String(length=80), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("discharged_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        _references("pathways", "room", "rooms"),
        _references("pathways", "template", "pathway_templates"),
        _references("pathways", "patient", "patients"),
        _references("pathways", "hospital", "organisations"),
        _references("pathways", "responsible", "organisations"),
        _references("pathways", "gp", "users"),
        _references("pathways", "opened_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathways")),
        sa.UniqueConstraint("code", name=op.f("uq_pathways_code")),
        sa.UniqueConstraint("room", name=op.f("uq_pathways_room")),
    )
    for column in ("patient", "hospital", "responsible", "gp"):
        _index("pathways", column)
    op.create_table(
        "pathway_handovers",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("pathway", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("offered_by", sa.String(length=80), nullable=False),
        sa.Column("offered_at", Instant(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        _references("pathway_handovers", "pathway", "pathways"),
        _references("pathway_handovers", "origin", "organisations"),
        _references("pathway_handovers", "target", "organisations"),
        _references("pathway_handovers", "offered_by", "users"),
        _references("pathway_handovers", "acknowledged_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathway_handovers")),
    )
    _index("pathway_handovers", "pathway")
    _index("pathway_handovers", "target", "acknowledged_at")
    op.create_table(
        "pathway_visits",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("pathway", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("performer", sa.String(length=20), nullable=False),
        sa.Column("specialty", sa.String(length=80), nullable=True),
        sa.Column("target", sa.Date(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("appointment", Instant(), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("taken_by", sa.String(length=80), nullable=True),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("overdue_at", Instant(), nullable=True),
        _references("pathway_visits", "pathway", "pathways"),
        _references("pathway_visits", "taken_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathway_visits")),
    )
    _index("pathway_visits", "pathway")
    _index("pathway_visits", "last")
    _index("pathway_visits", "state", "last")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("pathway_visits", "pathway_handovers", "pathways", "pathway_templates"):
        op.drop_table(table)


def _references(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _index(table: str, *columns: str) -> None:
    name = op.f(f"ix_{table}_{'_'.join(columns)}")
    op.create_index(name, table, list(columns), unique=False)
