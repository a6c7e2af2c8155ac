"""Requests for shifts, and what the nightly checks of rotas found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_CHECK_EACH = """
INSERT INTO deadlines (kind, subject, due_at, data, attempts)
SELECT 'rota.check', id, :now, '{}', 0 FROM rotas
"""


def upgrade() -> None:
    """Make the tables, and check every rota at once."""
    op.create_table(
        "rota_requests",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("asker", sa.String(length=80), nullable=False),
        sa.Column("asked", sa.String(length=80), nullable=False),
        sa.Column("given_start", Instant(), nullable=False),
        sa.Column("given_end", Instant(), nullable=False),
        sa.Column("taken_start", Instant(), nullable=True),
        sa.Column("taken_end", Instant(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_rota_requests_rota"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["asker"], ["users.id"], name=op.f("fk_rota_requests_asker")),
        sa.ForeignKeyConstraint(["asked"], ["users.id"], name=op.f("fk_rota_requests_asked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_requests")),
    )
    op.create_index(op.f("ix_rota_requests_rota"), "rota_requests", ["rota"], unique=False)
    op.create_index(op.f("ix_rota_requests_asked"), "rota_requests", ["asked"], unique=False)
    op.create_table(
        "rota_checks",
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("checked_at", Instant(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("first_gap", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_rota_checks_rota"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rota", name=op.f("pk_rota_checks")),
    )
    op.create_table(
        "duty_feeds",
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["users.id"], name=op.f("fk_duty_feeds_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_duty_feeds")),
    )
    # 2000: due since long; whoever is alive looks.
    now = (
        "TIMESTAMPTZ '2000-01-01 00:00:00+00'" if _is_postgres() else "'2000-01-01 00:00:00.000000'"
    )
    op.execute(_CHECK_EACH.replace(":now", now))


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def downgrade() -> None:
    """Drop the tables, and what was due of them."""
    op.execute("DELETE FROM deadlines WHERE kind IN ('rota.check', 'rota.request')")
    op.drop_table("duty_feeds")
    op.drop_table("rota_checks")
    op.drop_table("rota_requests")
