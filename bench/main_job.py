"""The main job: issuing one completion durably, and verifying what was issued, against the raw signature."""

from __future__ import annotations

import json
import os
import tempfile
from itertools import count

from bench.measure import Figure, alternate, median
from microcred import samples
from microcred.app import checker
from microcred.installation import settings_of
from microcred.samples import Sample
from microcred.world import World
from openbadge import canon

REPORT = {
    "source": "bench",
    "definition": {"id": "testing-data-products"},
    "completedAt": "2026-03-31T10:00:00Z",
    "result": [{"resultDescription": "grade", "value": "87"}],
}


def run(rounds: int) -> dict[str, Figure]:
    """Measure on a home in a temporary folder."""
    with tempfile.TemporaryDirectory() as home:
        world = World({**os.environ, "MICROCRED_HOME": home})
        return _measure(samples.prepare(settings_of(world), world), world, rounds)


def _measure(sample: Sample, world: World, rounds: int) -> dict[str, Figure]:
    number = count()
    check = checker(world, sample.service)

    def issue() -> bytes:
        key = str(next(number))
        report = {
            **REPORT,
            "sourceId": key,
            "learner": {"id": key, "name": "Amara Okafor", "email": f"{key}@example.org"},
        }
        answer = sample.service.completions.report(json.dumps(report).encode(), "bench")
        if answer.credential is None:
            raise RuntimeError(answer.completion.reason)
        return answer.credential.document

    issued = issue()
    unsigned = {name: value for name, value in json.loads(issued).items() if name != "proof"}
    signer = sample.service.signing.issuance().signer
    signature = signer.sign(b"x" * 64)

    def raw_verifications() -> None:
        for _ in range(100):
            signer.public_key.verify(signature, b"x" * 64)

    issuing, verifying, canonical, raw = alternate(
        [
            issue,
            lambda: check.verify(issued),
            lambda: canon.canonical(unsigned),
            raw_verifications,
        ],
        rounds,
    )
    raw_verify = median(raw) / 100
    return {
        "issue_single_ms": Figure(1000 * median(issuing), "CPU ms each", rounds),
        "issue_single_per_second": Figure(1 / median(issuing), "per CPU second", rounds),
        "verify_ms": Figure(1000 * median(verifying), "CPU ms each", rounds),
        "canonicalize_ms": Figure(1000 * median(canonical), "CPU ms each", rounds),
        "verify_vs_raw_signature": Figure(median([v / raw_verify for v in verifying]), "times raw verify", rounds),
    }
