"""Tables of reports and studies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("patient", sa.String(length=80), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("attestation", sa.String(length=2000), nullable=True),
        sa.Column("criticals", Json, nullable=False),
        sa.Column("unheard", sa.Integer(), nullable=False),
        sa.Column("signatures", Json, nullable=False),
        sa.Column("addenda", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_reports_patient")),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_reports_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_reports_kind_subject")),
    )
    op.create_index(
        "ix_reports_author_unheard", "reports", ["author", "unheard"], unique=False
    )
    op.create_index(op.f("ix_reports_room"), "reports", ["room"], unique=False)
    op.create_table(
        "report_versions",
        sa.Column("report", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"], ["reports.id"], name=op.f("fk_report_versions_report")
        ),
        sa.PrimaryKeyConstraint("report", "version", name=op.f("pk_report_versions")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("report_versions")
    op.drop_index(op.f("ix_reports_room"), table_name="reports")
    op.drop_index("ix_reports_author_unheard", table_name="reports")
    op.drop_table("reports")
