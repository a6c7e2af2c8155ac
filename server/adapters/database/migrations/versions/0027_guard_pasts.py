"""Who was on guard before an edit, and what a request was promised when it was filed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

USUAL = {"emergency": 120, "urgent": 300, "routine": 900}


def upgrade() -> None:
    """Requests that are there were promised what their service promises today."""
    op.create_table(
        "guard_pasts",
        sa.Column("service", sa.String(length=80), nullable=False),
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("begins_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("member", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["service"],
            ["guard_services.id"],
            name=op.f("fk_guard_pasts_service"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_guard_pasts_rota"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("service", "rota", "begins_at", name=op.f("pk_guard_pasts")),
    )
    with op.batch_alter_table("guard_requests") as requests:
        requests.add_column(sa.Column("promised", Json, nullable=False, server_default="{}"))
    services = sa.table(
        "guard_services",
        sa.column("id", sa.String),
        sa.column("targets", Json),
        sa.column("join_s", sa.Integer),
        sa.column("report_minutes", sa.Integer),
    )
    filed = sa.table(
        "guard_requests",
        sa.column("service", sa.String),
        sa.column("priority", sa.String),
        sa.column("promised", Json),
    )
    connection = op.get_bind()
    for service in connection.execute(sa.select(services)).all():
        for priority in USUAL:
            these = filed.c.service == service.id, filed.c.priority == priority
            promised = _promised(service, priority)
            connection.execute(sa.update(filed).where(*these).values(promised=promised))


def _promised(service: Any, priority: str) -> dict[str, int]:
    target = service.targets.get(priority, {})
    return {
        "accept_s": target.get("accept_s", USUAL[priority]),
        "join_s": service.join_s,
        "report_s": service.report_minutes * 60,
    }


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("guard_requests") as requests:
        requests.drop_column("promised")
    op.drop_table("guard_pasts")
