"""The statements, one module per aggregate. They keep and find records; the rules are in the modules above.

Every function takes the `Transaction` first and works in the scope of its institution, unless it says otherwise.
"""

# These make `tables.metadata` whole, wherever it is read.
import issuer.store.tables_jobs
import issuer.store.tables_keys
import issuer.store.tables_lms  # noqa: F401
