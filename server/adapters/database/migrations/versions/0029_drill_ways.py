"""Drills say how far they came on each way, not on pages alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is there were pages that answered or did not."""
    with op.batch_alter_table("guard_drill_echoes") as echoes:
        echoes.add_column(
            sa.Column("channel", sa.String(20), nullable=False, server_default="console")
        )
        echoes.add_column(
            sa.Column("state", sa.String(20), nullable=False, server_default="failed")
        )
    op.execute("UPDATE guard_drill_echoes SET state = 'seen' WHERE acknowledged_at IS NOT NULL")


def downgrade() -> None:
    """Forget the other ways."""
    op.execute("DELETE FROM guard_drill_echoes WHERE channel <> 'console'")
    with op.batch_alter_table("guard_drill_echoes") as echoes:
        echoes.drop_column("state")
        echoes.drop_column("channel")
