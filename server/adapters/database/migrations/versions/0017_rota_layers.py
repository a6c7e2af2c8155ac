"""Rotas of layers: the one rotation of each becomes its one layer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_LAYERS = """
INSERT INTO rota_layers
  (rota, layer, name, anchor, hour, minute, period_days, period_hours, restrictions)
SELECT id, 0, '', anchor, hour, 0, period_days, NULL, '[]' FROM rotas
"""
_MEMBERS = """
INSERT INTO rota_layer_members (rota, layer, position, member)
SELECT rota, 0, position, member FROM rota_members
"""
_FORMER = """
UPDATE rotas SET (anchor, hour, period_days) =
  (SELECT anchor, hour, period_days FROM rota_layers WHERE rota = rotas.id AND layer = 0)
"""
_FORMER_MEMBERS = """
INSERT INTO rota_members (rota, position, member)
SELECT rota, position, member FROM rota_layer_members WHERE layer = 0
"""


def upgrade() -> None:
    """Move the rotations; let holidays be named and stand-ins be temporary shifts."""
    op.create_table(
        "rota_layers",
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("layer", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        sa.Column("period_hours", sa.Integer(), nullable=True),
        sa.Column("restrictions", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_rota_layers_rota"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rota", "layer", name=op.f("pk_rota_layers")),
    )
    op.create_table(
        "rota_layer_members",
        sa.Column("rota", sa.String(length=80), nullable=False),
        sa.Column("layer", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("member", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["rota"], ["rotas.id"], name=op.f("fk_rota_layer_members_rota"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member"], ["users.id"], name=op.f("fk_rota_layer_members_member")
        ),
        sa.PrimaryKeyConstraint("rota", "layer", "position", name=op.f("pk_rota_layer_members")),
    )
    op.execute(_LAYERS)
    op.execute(_MEMBERS)
    op.drop_table("rota_members")
    for column in ("anchor", "hour", "period_days"):
        op.drop_column("rotas", column)
    op.add_column("rotas", sa.Column("holidays", Json, nullable=False, server_default="[]"))
    op.add_column(
        "rota_overrides",
        sa.Column(
            "temporary",
            sa.Boolean(create_constraint=False),
            nullable=False,
            server_default=sa.false(),
        ),
    )


def downgrade() -> None:
    """Keep the first layer of each alone."""
    op.drop_column("rota_overrides", "temporary")
    op.drop_column("rotas", "holidays")
    op.add_column(
        "rotas", sa.Column("anchor", sa.Date(), nullable=False, server_default="2026-01-01")
    )
    op.add_column("rotas", sa.Column("hour", sa.Integer(), nullable=False, server_default="8"))
    op.add_column(
        "rotas", sa.Column("period_days", sa.Integer(), nullable=False, server_default="7")
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
    op.execute(_FORMER)
    op.execute(_FORMER_MEMBERS)
    op.drop_table("rota_layer_members")
    op.drop_table("rota_layers")
