"""Contact methods, messages to them, and how far a notification by message is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.adapters.database.metadata import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has any yet."""
    op.create_table(
        "contact_methods",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("after_s", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("proved_at", Instant()),
        sa.Column("used_at", Instant()),
        sa.Column("error", sa.String(length=40)),
        sa.Column("code_digest", sa.String(length=64)),
        sa.Column("code_until", Instant()),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"], ["users.id"], name=op.f("fk_contact_methods_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_methods")),
        sa.UniqueConstraint(
            "person", "kind", "value", name=op.f("uq_contact_methods_person_kind_value")
        ),
    )
    op.create_table(
        "contact_messages",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("method", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=120), nullable=False),
        sa.Column("priority", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=40)),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.ForeignKeyConstraint(
            ["method"],
            ["contact_methods.id"],
            name=op.f("fk_contact_messages_method"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_messages")),
    )
    for name, columns in (
        ("ix_contact_messages_method", ["method"]),
        ("ix_contact_messages_ended_at", ["ended_at"]),
        ("ix_contact_messages_subject", ["kind", "subject"]),
        ("ix_contact_messages_state_due_at", ["state", "due_at"]),
    ):
        op.create_index(op.f(name), "contact_messages", columns)
    with op.batch_alter_table("guard_notifications") as notifications:
        notifications.add_column(sa.Column("state", sa.String(length=20)))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("guard_notifications") as notifications:
        notifications.drop_column("state")
    op.drop_table("contact_messages")
    op.drop_table("contact_methods")
