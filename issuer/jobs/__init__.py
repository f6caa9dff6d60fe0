"""Work that nobody waits for: batches of reports, deliveries, and what is done at set times.

The truth is in our own tables: what is ordered, what is done, what is due. `engine` (DBOS) carries it out, on however
many machines, and takes it up again when one of them dies; whatever it runs may safely run twice.
"""
