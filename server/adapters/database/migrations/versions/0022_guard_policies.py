"""Guard policies: steps gone through again, and a trust's own rota first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Json

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Services go on as they did."""
    with op.batch_alter_table("guard_services") as services:
        services.add_column(sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
        services.add_column(sa.Column("local", Json, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("guard_services") as services:
        services.drop_column("local")
        services.drop_column("repeats")
