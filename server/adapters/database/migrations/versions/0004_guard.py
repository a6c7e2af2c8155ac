"""Tables of guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant, Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "guard_consoles",
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("has_sound", sa.Boolean(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("person", "device", name=op.f("pk_guard_consoles")),
    )
    op.create_table(
        "guard_services",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("modality", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("steps", Json, nullable=False),
        sa.Column("join_s", sa.Integer(), nullable=False),
        sa.Column("report_minutes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_guard_services_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_services")),
        sa.UniqueConstraint(
            "organisation", "name", name=op.f("uq_guard_services_organisation_name")
        ),
    )
    op.create_table(
        "guard_requests",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("service", sa.String(length=80), nullable=False),
        sa.Column("service_name", sa.String(length=120), nullable=False),
        sa.Column("modality", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=True),
        sa.Column("patient", sa.String(length=80), nullable=False),
        sa.Column("requester", sa.String(length=80), nullable=False),
        sa.Column("requester_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("priority", sa.String(length=20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("call_back", sa.String(length=40), nullable=False),
        sa.Column("wants_call", sa.Boolean(), nullable=False),
        sa.Column("age", sa.Integer(), nullable=True),
        sa.Column("allergy", sa.String(length=500), nullable=True),
        sa.Column("creatinine", sa.String(length=500), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("no_cover", sa.Boolean(), nullable=False),
        sa.Column("accepted_by", sa.String(length=80), nullable=True),
        sa.Column("accepted_name", sa.String(length=120), nullable=True),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("referred_to", sa.String(length=80), nullable=True),
        sa.Column("passed_on", sa.String(length=80), nullable=True),
        sa.Column("report", sa.String(length=80), nullable=True),
        sa.Column("report_state", sa.String(length=20), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient"], ["patients.id"], name=op.f("fk_guard_requests_patient")
        ),
        sa.ForeignKeyConstraint(["room"], ["rooms.id"], name=op.f("fk_guard_requests_room")),
        sa.ForeignKeyConstraint(
            ["service"], ["guard_services.id"], name=op.f("fk_guard_requests_service")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_requests")),
        sa.UniqueConstraint("room", name=op.f("uq_guard_requests_room")),
    )
    op.create_index(
        op.f("ix_guard_requests_accepted_by"), "guard_requests", ["accepted_by"], unique=False
    )
    op.create_index(
        op.f("ix_guard_requests_referred_to"), "guard_requests", ["referred_to"], unique=False
    )
    op.create_index(
        op.f("ix_guard_requests_requester"), "guard_requests", ["requester"], unique=False
    )
    op.create_index(
        "ix_guard_requests_service_state", "guard_requests", ["service", "state"], unique=False
    )
    op.create_table(
        "guard_notifications",
        sa.Column("request", sa.String(length=80), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("notified_at", Instant(), nullable=False),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["request"],
            ["guard_requests.id"],
            name=op.f("fk_guard_notifications_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "request",
            "round",
            "step",
            "person",
            "channel",
            "device",
            name=op.f("pk_guard_notifications"),
        ),
    )
    op.create_index(
        "ix_guard_notifications_person_outcome",
        "guard_notifications",
        ["person", "outcome"],
        unique=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_guard_notifications_person_outcome", table_name="guard_notifications")
    op.drop_table("guard_notifications")
    op.drop_index("ix_guard_requests_service_state", table_name="guard_requests")
    op.drop_index(op.f("ix_guard_requests_requester"), table_name="guard_requests")
    op.drop_index(op.f("ix_guard_requests_referred_to"), table_name="guard_requests")
    op.drop_index(op.f("ix_guard_requests_accepted_by"), table_name="guard_requests")
    op.drop_table("guard_requests")
    op.drop_table("guard_services")
    op.drop_table("guard_consoles")
