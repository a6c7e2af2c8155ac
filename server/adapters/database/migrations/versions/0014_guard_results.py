"""Results that nobody heard of, and how soon each priority wants them heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Services get the usual targets; requests that are reported wait as before."""
    with op.batch_alter_table("guard_services") as services:
        services.add_column(sa.Column("targets", Json, nullable=False, server_default="{}"))
    with op.batch_alter_table("guard_requests") as requests:
        requests.add_column(sa.Column("unheard", sa.String(20), nullable=True))
        requests.add_column(
            sa.Column("hear_round", sa.Integer(), nullable=False, server_default="0")
        )
        requests.add_column(sa.Column("hear_to", sa.String(80), nullable=True))
        requests.add_column(sa.Column("hear_name", sa.String(120), nullable=True))
        requests.create_index(op.f("ix_guard_requests_hear_to"), ["hear_to"], unique=False)


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("guard_requests") as requests:
        requests.drop_index(op.f("ix_guard_requests_hear_to"))
        for column in ("hear_name", "hear_to", "hear_round", "unheard"):
            requests.drop_column(column)
    with op.batch_alter_table("guard_services") as services:
        services.drop_column("targets")
