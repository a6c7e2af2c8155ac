"""Tables of rota and threads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rotas",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        sa.Column("second", sa.String(length=80), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_rotas_organisation")
        ),
        sa.ForeignKeyConstraint(["second"], ["rotas.id"], name=op.f("fk_rotas_second")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotas")),
        sa.UniqueConstraint("organisation", "name", name=op.f("uq_rotas_organisation_name")),
    )
    op.create_table(
        "rota_members",
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("member", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_rota_members_rota"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member"], ["users.id"], name=op.f("fk_rota_members_member")),
        sa.PrimaryKeyConstraint("rota", "position", name=op.f("pk_rota_members")),
    )
    op.create_table(
        "rota_overrides",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("start", Instant(), nullable=False),
        sa.Column("end", Instant(), nullable=False),
        sa.Column("member", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_rota_overrides_rota"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member"], ["users.id"], name=op.f("fk_rota_overrides_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_overrides")),
    )
    op.create_index(op.f("ix_rota_overrides_rota"), "rota_overrides", ["rota"], unique=False)
    op.create_table(
        "threads",
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("opener", sa.String(length=80), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("repeat_s", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("holder_seated", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("backup", sa.String(length=80), nullable=True),
        sa.Column("escalated_at", Instant(), nullable=True),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Integer(), nullable=False),
        sa.Column("urgent_at", Instant(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("acknowledged", sa.Integer(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["room"], ["rooms.id"], name=op.f("fk_threads_room"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["rota"], ["rotas.id"], name=op.f("fk_threads_rota")),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_threads")),
        sa.UniqueConstraint("opener", "client_id", name=op.f("uq_threads_opener_client_id")),
    )
    for column in ("rota", "holder", "backup"):
        op.create_index(op.f(f"ix_threads_{column}"), "threads", [column], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    for column in ("rota", "holder", "backup"):
        op.drop_index(op.f(f"ix_threads_{column}"), table_name="threads")
    op.drop_table("threads")
    op.drop_index(op.f("ix_rota_overrides_rota"), table_name="rota_overrides")
    op.drop_table("rota_overrides")
    op.drop_table("rota_members")
    op.drop_table("rotas")
