"""Tables of televisits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, NullableJson

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "televisits",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("clinician", sa.String(length=80), nullable=False),
        sa.Column("clinician_name", sa.String(length=120), nullable=False),
        sa.Column("patient", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("identity", NullableJson, nullable=True),
        sa.Column("consent", NullableJson, nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("concluded_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("link_quality", sa.String(length=10), nullable=True),
        sa.Column("suitable", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("measured", NullableJson, nullable=True),
        sa.ForeignKeyConstraint(["clinician"], ["users.id"], name=op.f("fk_televisits_clinician")),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_televisits_patient")),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_televisits_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_televisits")),
        sa.UniqueConstraint("room", name=op.f("uq_televisits_room")),
    )
    for second in ("starts_at", "state"):
        op.create_index(
            op.f(f"ix_televisits_clinician_{second}"),
            "televisits",
            ["clinician", second],
            unique=False,
        )
    op.create_index(op.f("ix_televisits_patient"), "televisits", ["patient"], unique=False)
    op.create_table(
        "televisit_links",
        sa.Column("invitation", sa.String(length=80), nullable=False),
        sa.Column("televisit", sa.String(length=80), nullable=False),
        sa.Column("guest", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation"], ["invitations.id"], name=op.f("fk_televisit_links_invitation")
        ),
        sa.ForeignKeyConstraint(
            ["televisit"], ["televisits.id"], name=op.f("fk_televisit_links_televisit")
        ),
        sa.PrimaryKeyConstraint("invitation", name=op.f("pk_televisit_links")),
    )
    op.create_index(
        op.f("ix_televisit_links_televisit"), "televisit_links", ["televisit"], unique=False
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("televisit_links")
    op.drop_table("televisits")
