"""Guard requests of a period are found without reading all."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index(op.f("ix_guard_requests_created_at"), "guard_requests", ["created_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_guard_requests_created_at"), table_name="guard_requests")
