"""Guard requests whose exam waits for its justification, and the answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import NullableJson

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Exams of requests that are there do not wait."""
    with op.batch_alter_table("guard_requests") as requests:
        requests.add_column(
            sa.Column(
                "justify_first",
                sa.Boolean(create_constraint=False),
                nullable=False,
                server_default=sa.false(),
            )
        )
        requests.add_column(sa.Column("justification", NullableJson, nullable=True))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("guard_requests") as requests:
        requests.drop_column("justification")
        requests.drop_column("justify_first")
