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
    op.create_index("ix_reports_author_unheard", "reports", ["author", "unheard"], unique=False)
    op.create_index(op.f("ix_reports_room"), "reports", ["room"], unique=False)
    op.create_table(
        "report_versions",
        sa.Column("report", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["reports.id"], name=op.f("fk_report_versions_report")),
        sa.PrimaryKeyConstraint("report", "version", name=op.f("pk_report_versions")),
    )

    op.create_table(
        "studies",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("patient", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("requester", sa.String(length=80), nullable=False),
        sa.Column("requester_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("gp", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("assignee", sa.String(length=80), nullable=True),
        sa.Column("assignee_name", sa.String(length=120), nullable=True),
        sa.Column("reported_at", Instant(), nullable=True),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("consent_by", sa.String(length=80), nullable=True),
        sa.Column("consent_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_studies_organisation")
        ),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_studies_patient")),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_studies_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
        sa.UniqueConstraint("room", name=op.f("uq_studies_room")),
    )
    for column in ("organisation", "patient", "requester", "gp", "assignee"):
        op.create_index(op.f(f"ix_studies_{column}"), "studies", [column], unique=False)
    op.create_table(
        "study_images",
        sa.Column("document", sa.String(length=80), nullable=False),
        sa.Column("study", sa.String(length=80), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("series_uid", sa.String(length=64), nullable=False),
        sa.Column("instance_uid", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"], name=op.f("fk_study_images_study")),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_study_images")),
    )
    op.create_index(op.f("ix_study_images_study"), "study_images", ["study"], unique=False)
    op.create_table(
        "study_readers",
        sa.Column("study", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["studies.id"], name=op.f("fk_study_readers_study")),
        sa.PrimaryKeyConstraint("study", "person", name=op.f("pk_study_readers")),
    )
    op.create_table(
        "result_links",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("study", sa.String(length=80), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("pin_digest", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("reading_digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["study"], ["studies.id"], name=op.f("fk_result_links_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_links")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_result_links_secret_digest")),
        sa.UniqueConstraint("reading_digest", name=op.f("uq_result_links_reading_digest")),
    )
    op.create_index(op.f("ix_result_links_study"), "result_links", ["study"], unique=False)
    op.create_table(
        "pacs",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("username", sa.String(length=120), nullable=True),
        sa.Column("password", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_pacs_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pacs")),
    )
    op.create_index(op.f("ix_pacs_organisation"), "pacs", ["organisation"], unique=False)
    op.create_table(
        "pulls",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("study", sa.String(length=80), nullable=False),
        sa.Column("endpoint", sa.String(length=80), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=80), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["study"], ["studies.id"], name=op.f("fk_pulls_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulls")),
    )
    op.create_index(op.f("ix_pulls_state"), "pulls", ["state"], unique=False)
    op.create_index(op.f("ix_pulls_study"), "pulls", ["study"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("pulls", "pacs", "result_links", "study_readers", "study_images", "studies"):
        op.drop_table(table)
    op.drop_table("report_versions")
    op.drop_index(op.f("ix_reports_room"), table_name="reports")
    op.drop_index("ix_reports_author_unheard", table_name="reports")
    op.drop_table("reports")
