"""Alembic runs this file: migrate on the connection that it was given."""

from __future__ import annotations

from alembic import context

from server.adapters.database.migrations import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
