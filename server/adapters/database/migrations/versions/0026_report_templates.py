"""Templates of reports that organisations keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "report_templates",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("modality", sa.String(length=40), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_report_templates_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_templates")),
    )
    op.create_index(op.f("ix_report_templates_organisation"), "report_templates", ["organisation"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_report_templates_organisation"), table_name="report_templates")
    op.drop_table("report_templates")
