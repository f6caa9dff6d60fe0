"""What keeps an installation in order by itself: each function does all that there is to do and says what it did."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from issuer.checkpoints import Checkpoints
from issuer.jobs.periodic import DAILY, HOURLY, NIGHT, Periodic
from issuer.keys import ACTIVE
from issuer.service import Service
from issuer.store import batches
from issuer.store import deliveries as delivery_store
from issuer.store.upkeep import drop_publications

ACTOR: Final = "microcred jobs"
"""Who does it, in the audit log."""
RELEASE_EVERY: Final = timedelta(minutes=15)
"""How often completions are looked at that are held for a reason which time, a key or a definition takes away."""
KEY_AGE: Final = timedelta(days=2 * 365)
"""How long a key should sign: NIST SP 800-57 part 1 rev. 5, table 1, has one to three years for signature keys."""
KEY_WARNING: Final = timedelta(days=30)
"""How long before that age the warnings begin: a rotation needs people, and they have holidays."""
KEEP_PUBLICATIONS: Final = timedelta(days=30)
"""How long a replaced publication of a status list is kept, to see what a verifier saw; it was valid for seven days."""
KEEP_REPORTS: Final = timedelta(days=30)
"""How long the body of a finished batch is kept; the reports themselves stay with their completions."""
KEEP_RESULTS: Final = timedelta(days=365)
"""How long the result of a batch can be downloaded."""
KEEP_SENT: Final = timedelta(days=90)
"""How long a delivery that arrived is listed."""

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The upkeep of one institution's installation."""

    service: Service

    def jobs(self) -> tuple[Periodic, ...]:
        """Return all of it with its times."""
        return (
            Periodic("status-lists", HOURLY, self.status_lists),
            Periodic("held-completions", RELEASE_EVERY, self.held_completions),
            Periodic("key-age", DAILY, self.key_age, NIGHT),
            Periodic("audit-checkpoint", HOURLY, self.audit_checkpoint),
            Periodic("clean-up", DAILY, self.clean_up, NIGHT),
        )

    def status_lists(self, _now: datetime) -> str:
        """Sign again each status list that is due, long before a verifier would find it expired."""
        return f"{self.service.status_lists.publish_due()} status lists were signed, all are fresh"

    def held_completions(self, _now: datetime) -> str:
        """Issue what was held and no longer need be."""
        return f"{self.service.completions.release(ACTOR)} held completions were issued"

    def key_age(self, now: datetime) -> str:
        """Warn of signing keys that should be rotated."""
        keys = [key for key in self.service.keys.list() if key.state == ACTIVE]
        old = [key for key in keys if now - key.created >= KEY_AGE - KEY_WARNING]
        for key in old:
            _log.warning(
                "the key %s signs since %s: rotate it, see keys/README.md", key.name, f"{key.created:%Y-%m-%d}"
            )
        return f"{len(old)} of {len(keys)} active keys should be rotated"

    def audit_checkpoint(self, _now: datetime) -> str:
        """Sign what the audit log is now, so that nothing before can be cut off or rewritten unnoticed."""
        made = Checkpoints(self.service).make()
        return "the audit log is empty" if made is None else f"a checkpoint proves the log up to entry {made.seq}"

    def clean_up(self, now: datetime) -> str:
        """Remove what nobody needs any more."""
        with self.service.database.begin_write(self.service.institution.id) as tx:
            removed = drop_publications(tx, now - KEEP_PUBLICATIONS)
            removed += batches.drop_contents(tx, now - KEEP_REPORTS, (batches.BODY, batches.ROWS))
            removed += batches.drop_contents(tx, now - KEEP_RESULTS, (batches.RESULT,))
            removed += delivery_store.drop_sent(tx, now - KEEP_SENT)
        return f"{removed} old records were removed"
