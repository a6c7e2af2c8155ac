"""Passes into the training sandbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "training_passes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=80), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_training_passes")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("training_passes")
