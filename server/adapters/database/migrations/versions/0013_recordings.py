"""Recordings of calls, and the rooms that allow them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json, NullableJson

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, switch recording off everywhere, and grant it to hosts."""
    with op.batch_alter_table("rooms") as rooms:
        rooms.add_column(
            sa.Column(
                "recordable",
                sa.Boolean(create_constraint=False),
                nullable=False,
                server_default=sa.false(),
            )
        )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("node", sa.String(length=80), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("quiet_since", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("consents", Json, nullable=False),
        sa.Column("peers", Json, nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("mix", NullableJson, nullable=True),
        sa.Column("mix_state", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_recordings_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_room_state"), "recordings", ["room", "state"], unique=False)
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"], unique=False)
    _grant()


def _grant() -> None:
    members = sa.table(
        "memberships",
        sa.column("room", sa.String),
        sa.column("person", sa.String),
        sa.column("role", sa.String),
        sa.column("grants", Json),
    )
    hosts = op.get_bind().execute(sa.select(members).where(members.c.role == "host")).all()
    for host in hosts:
        is_it = sa.and_(members.c.room == host.room, members.c.person == host.person)
        granted = {**host.grants, "record": True}
        op.execute(sa.update(members).where(is_it).values(grants=granted))


def downgrade() -> None:
    """Drop the table and the option."""
    op.drop_table("recordings")
    with op.batch_alter_table("rooms") as rooms:
        rooms.drop_column("recordable")
