"""Quiet hours, and pushes in the order of their urgency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what is on its way is as urgent as it was."""
    op.create_table(
        "quiet_hours",
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Time(), nullable=False),
        sa.Column("end", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["users.id"], name=op.f("fk_quiet_hours_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person", "position", name=op.f("pk_quiet_hours")),
    )
    with op.batch_alter_table("pushes") as pushes:
        pushes.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("pushes") as pushes:
        pushes.drop_column("rank")
    op.drop_table("quiet_hours")
