"""When a ward did the exam that had waited, and guard services that take no requests any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was said to be done; every service goes on."""
    with op.batch_alter_table("guard_requests") as requests:
        requests.add_column(sa.Column("exam_done_at", Instant(), nullable=True))
    with op.batch_alter_table("guard_services") as services:
        services.add_column(sa.Column("retired_at", Instant(), nullable=True))


def downgrade() -> None:
    """Forget it; a retired service takes requests again."""
    with op.batch_alter_table("guard_services") as services:
        services.drop_column("retired_at")
    with op.batch_alter_table("guard_requests") as requests:
        requests.drop_column("exam_done_at")
