"""Hand-overs of guards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "guard_handovers",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("rota", sa.String(80), nullable=False),
        sa.Column("outgoing", sa.String(80), nullable=False),
        sa.Column("outgoing_name", sa.String(120), nullable=False),
        sa.Column("incoming", sa.String(80), nullable=False),
        sa.Column("incoming_name", sa.String(120), nullable=False),
        sa.Column("offered_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_guard_handovers_rota"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["outgoing"], ["users.id"], name=op.f("fk_guard_handovers_outgoing")
        ),
        sa.ForeignKeyConstraint(
            ["incoming"], ["users.id"], name=op.f("fk_guard_handovers_incoming")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_handovers")),
    )
    for name, columns in (
        ("ix_guard_handovers_outgoing", ["outgoing"]),
        ("ix_guard_handovers_incoming", ["incoming"]),
        ("ix_guard_handovers_rota_state", ["rota", "state"]),
    ):
        op.create_index(op.f(name), "guard_handovers", columns, unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("guard_handovers")
