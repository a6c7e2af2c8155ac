"""The quality record of calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "call_minutes",
        sa.Column("peer", sa.String(length=80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("call", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("site", sa.String(length=80), nullable=True),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("score_min", sa.Float(), nullable=False),
        sa.Column("loss_up", sa.Float(), nullable=True),
        sa.Column("loss_down", sa.Float(), nullable=True),
        sa.Column("jitter_ms", sa.Float(), nullable=True),
        sa.Column("rtt_ms", sa.Float(), nullable=True),
        sa.Column("kbps_up", sa.Float(), nullable=False),
        sa.Column("kbps_down", sa.Float(), nullable=False),
        sa.Column("height_up", sa.Integer(), nullable=True),
        sa.Column("height_down", sa.Integer(), nullable=True),
        sa.Column("freezes", sa.Integer(), nullable=False),
        sa.Column("frozen_s", sa.Float(), nullable=False),
        sa.Column("path", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_call_minutes_room")),
        sa.ForeignKeyConstraint(["site"], ["organisations.id"], name=op.f("fk_call_minutes_site")),
        sa.PrimaryKeyConstraint("peer", "at", name=op.f("pk_call_minutes")),
    )
    op.create_index(op.f("ix_call_minutes_call"), "call_minutes", ["call"])
    op.create_index(op.f("ix_call_minutes_at"), "call_minutes", ["at"])
    op.create_index(op.f("ix_call_minutes_room_at"), "call_minutes", ["room", "at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("call_minutes")
