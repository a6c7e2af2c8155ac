"""Tables of consultations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json, NullableJson

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "slots",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("centre", sa.String(length=80), nullable=False),
        sa.Column("expert", sa.String(length=80), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre"], ["organisations.id"], name=op.f("fk_slots_centre")),
        sa.ForeignKeyConstraint(["expert"], ["users.id"], name=op.f("fk_slots_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
        sa.UniqueConstraint("expert", "starts_at", name=op.f("uq_slots_expert_starts_at")),
    )
    op.create_index(op.f("ix_slots_starts_at"), "slots", ["starts_at"], unique=False)
    op.create_table(
        "consultations",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("requester", sa.String(length=80), nullable=False),
        sa.Column("requester_name", sa.String(length=120), nullable=False),
        sa.Column("patient", sa.String(length=80), nullable=False),
        sa.Column("diagnosis", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("prior_treatment", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=80), nullable=True),
        sa.Column("centre", sa.String(length=80), nullable=True),
        sa.Column("expert", sa.String(length=80), nullable=True),
        sa.Column("expert_name", sa.String(length=120), nullable=True),
        sa.Column("starts_at", Instant(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("documents_open", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("steps", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["centre"], ["organisations.id"], name=op.f("fk_consultations_centre")
        ),
        sa.ForeignKeyConstraint(["expert"], ["users.id"], name=op.f("fk_consultations_expert")),
        sa.ForeignKeyConstraint(
            ["patient"], ["patients.id"], name=op.f("fk_consultations_patient")
        ),
        sa.ForeignKeyConstraint(
            ["requester"], ["users.id"], name=op.f("fk_consultations_requester")
        ),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_consultations_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
        sa.UniqueConstraint("room", name=op.f("uq_consultations_room")),
    )
    op.create_index(
        op.f("ix_consultations_centre_state"), "consultations", ["centre", "state"], unique=False
    )
    for column in ("requester", "patient"):
        op.create_index(op.f(f"ix_consultations_{column}"), "consultations", [column], unique=False)
    op.create_table(
        "bookings",
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("consultation", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation"], ["consultations.id"], name=op.f("fk_bookings_consultation")
        ),
        sa.ForeignKeyConstraint(["slot"], ["slots.id"], name=op.f("fk_bookings_slot")),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_bookings")),
        sa.UniqueConstraint("consultation", name=op.f("uq_bookings_consultation")),
    )
    op.create_table(
        "consulted_doctors",
        sa.Column("consultation", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("qualification", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("invited_by", sa.String(length=80), nullable=False),
        sa.Column("invited_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation"], ["consultations.id"], name=op.f("fk_consulted_doctors_consultation")
        ),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_consulted_doctors_person")),
        sa.PrimaryKeyConstraint("consultation", "person", name=op.f("pk_consulted_doctors")),
    )
    op.create_index(
        op.f("ix_consulted_doctors_person"), "consulted_doctors", ["person"], unique=False
    )
    op.create_table(
        "opinions",
        sa.Column("consultation", sa.String(length=80), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("doctor", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.String(length=20), nullable=True),
        sa.Column("seal", NullableJson, nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation"], ["consultations.id"], name=op.f("fk_opinions_consultation")
        ),
        sa.ForeignKeyConstraint(["doctor"], ["users.id"], name=op.f("fk_opinions_doctor")),
        sa.PrimaryKeyConstraint("consultation", "round", "doctor", name=op.f("pk_opinions")),
    )
    op.create_table(
        "syntheses",
        sa.Column("consultation", sa.String(length=80), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("disagreement", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("seal", NullableJson, nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation"], ["consultations.id"], name=op.f("fk_syntheses_consultation")
        ),
        sa.PrimaryKeyConstraint("consultation", "round", name=op.f("pk_syntheses")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("syntheses", "opinions", "consulted_doctors", "bookings"):
        op.drop_table(table)
    op.drop_table("consultations")
    op.drop_table("slots")
