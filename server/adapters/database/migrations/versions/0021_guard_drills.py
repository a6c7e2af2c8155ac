"""Drills of the guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "guard_drills",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("started_by", sa.String(length=80), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_drills")),
    )
    op.create_index(op.f("ix_guard_drills_started_at"), "guard_drills", ["started_at"])
    op.create_table(
        "guard_drill_echoes",
        sa.Column("drill", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_audible", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["drill"],
            ["guard_drills.id"],
            name=op.f("fk_guard_drill_echoes_drill"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("drill", "person", "device", name=op.f("pk_guard_drill_echoes")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("guard_drill_echoes")
    op.drop_table("guard_drills")
