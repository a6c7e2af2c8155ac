"""Rooms whose calls are encrypted end to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No room was."""
    with op.batch_alter_table("rooms") as rooms:
        rooms.add_column(
            sa.Column(
                "encrypted",
                sa.Boolean(create_constraint=False),
                nullable=False,
                server_default=sa.false(),
            )
        )


def downgrade() -> None:
    """As it was."""
    with op.batch_alter_table("rooms") as rooms:
        rooms.drop_column("encrypted")
