"""Work that nobody waits for: batches of reports, deliveries, and what is done at set times.

The truth is in our own tables: what is ordered, what is done, what is due. `engine` (DBOS) carries it out, on however
many machines, and takes it up again when one of them dies; whatever it runs may safely run twice.
"""

from typing import Final

from issuer.errors import BusyError, KeyStoreError, StorageError, UnreachableError

TRANSIENT: Final = (BusyError, UnreachableError, StorageError, KeyStoreError)
"""Errors that go away when somebody looks after the machine: a job waits for that."""
