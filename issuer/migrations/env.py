"""Alembic's entry point: run the migrations on the connection that the caller already holds.

The caller's transaction is used as it is, so that a migration happens completely or not at all, and two processes
that start together do it once.
"""

from alembic import context

from issuer.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
