"""Tables of boards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json, NullableJson

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "boards",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("coordinator", sa.String(length=80), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room"], ["rooms.id"], name=op.f("fk_boards_room"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boards")),
        sa.UniqueConstraint("room", name=op.f("uq_boards_room")),
    )
    for column in ("starts_at", "coordinator", "created_by"):
        op.create_index(op.f(f"ix_boards_{column}"), "boards", [column], unique=False)
    op.create_table(
        "board_participants",
        sa.Column("board", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("qualification", sa.String(length=120), nullable=False),
        sa.Column("specialty", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["board"],
            ["boards.id"],
            name=op.f("fk_board_participants_board"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("board", "person", name=op.f("pk_board_participants")),
    )
    op.create_index(
        op.f("ix_board_participants_person"), "board_participants", ["person"], unique=False
    )
    op.create_table(
        "board_cases",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("board", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("patient", sa.String(length=80), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("presenter", sa.String(length=80), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("informed_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("sheet", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quorum", NullableJson, nullable=True),
        sa.Column("signature", NullableJson, nullable=True),
        sa.Column("represents", sa.String(length=80), nullable=True),
        sa.Column("represented_as", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["board"], ["boards.id"], name=op.f("fk_board_cases_board"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_board_cases_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_cases")),
    )
    op.create_index(op.f("ix_board_cases_patient"), "board_cases", ["patient"], unique=False)
    op.create_index(op.f("ix_board_cases_closed_at"), "board_cases", ["closed_at"], unique=False)
    op.create_index(
        op.f("ix_board_cases_board_position"), "board_cases", ["board", "position"], unique=False
    )
    op.create_index(
        "uq_board_cases_open",
        "board_cases",
        ["board"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("board_cases")
    op.drop_table("board_participants")
    op.drop_table("boards")
