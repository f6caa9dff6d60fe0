"""Make `docs/conformance.md` from a run of the tests: `make conformance`.

Each family of official vectors, each suite's rules and each row of bad input is counted from the tests that carry its
name. A family without a single passing test, with one that failed or was skipped, or with other than all of its vectors,
makes this command fail.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "conformance.md"
ROW = re.compile(r"(?<![a-z])(json|ld|di|dm|jwt|sd|web|st|img|ui|iss)[-_](\d{3})(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Family:
    """A row of the page: its title, where its vectors or rules come from, and which tests are of it.

    `vectors` is how many there are when each is one test of its own: the row may not have more or fewer.
    """

    title: str
    source: str
    tests: str
    vectors: int | None = None


FAMILIES = (
    Family("RDFC-1.0", "w3c/rdf-canon, 86 tests", r"test_rdfc\.py::.*(official|suite|w3c|vector)"),
    Family("eddsa-rdfc-2022", "w3c/vc-di-eddsa, every intermediate step", r"test_eddsa_rdfc_2022\.py|test_suite_vectors\.py.*eddsa-rdfc"),
    Family("eddsa-jcs-2022, ecdsa-rdfc-2019, ecdsa-jcs-2019", "w3c/vc-di-eddsa and vc-di-ecdsa, every step", r"test_suite_vectors\.py"),
    Family("ecdsa-sd-2023", "w3c/vc-di-ecdsa, base and derived proofs", r"test_ecdsa_sd"),
    Family("Ed25519Signature2020", "w3c/vc-di-eddsa", r"test_ed25519_signature_2020\.py"),
    Family("Proof sets and chains", "w3c/vc-di-eddsa", r"test_proof_chains\.py|test_vc_chains\.py"),
    Family("JSON Canonicalization Scheme", "RFC 8785 test data", r"test_jcs\.py"),
    Family("Open Badges 3.0 signed example", "1EdTech implementation guide", r"test_official\.py|official_badge"),
    Family("did:key, did:jwk and their resolution", "w3c-ccg/did-method-key, did:key suite", r"test_did_resolution\.py|vcapi/.*(resolver|did)"),
    Family("VC Data Model 2.0 and 1.1", "rules of the W3C suite, as tests of our own", r"test_data_model|test_documents\.py"),
    Family("Data Integrity, verifying", "rules of the W3C eddsa and ecdsa suites", r"test_vc_proofs\.py|verifier/test_suites\.py"),
    Family("Presentations", "rules of the W3C data model suite", r"test_vc_presentation\.py"),
    Family("Enveloped credentials and presentations", "rules of the W3C data model suite", r"test_vc_enveloped\.py"),
    Family("Bitstring Status List", "rules of the W3C suite and of the specification", r"test_status\.py|test_status_purposes\.py|test_vc_status\.py|test_bad_status\.py"),
    Family("VC-JOSE-COSE", "35 rules of the W3C suite", r"test_vc_jose_cose\.py|microcred/test_jose\.py"),
    Family("JWS and JWK", "RFC 7515, RFC 8037", r"test_jws\.py|test_jwk\.py|wycheproof/test_damaged"),
    Family("JWS that attack the reader", "C2SP/wycheproof, json_web_signature, all 401", r"wycheproof/.*::test_vector\[", vectors=401),
    Family("SD-JWT", "RFC 9901", r"test_sd_jwt\.py"),
    Family("COSE", "RFC 9052", r"test_cose\.py|test_cbor\.py"),
    Family("VC-API", "rules of the CCG issuer and verifier suites", r"microcred/vcapi/|test_vc_ccg\.py"),
    Family("Normal form", "no change made without the key improves a verdict", r"test_never_improves\.py|test_normal_form\.py"),
    Family("Independent readers", "openbadgeslib, @digitalbazaar/vc, jose, @digitalcredentials/verifier-core", r"tests/interop/(?!test_(lms_clients|ralph))"),
    Family("Learning platforms", "lti1p3platform, Ralph, standardwebhooks, tincanjs, ims-caliper", r"interop/test_(lms_clients|ralph)|microcred/lti/"),
)  # fmt: skip


def main() -> int:
    """Run the tests, count, write the page; 1 when a family has no pass, a failure, a skip or a gap."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcomes.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "auto",
            "-q",
            "-p",
            "tests.plugins.outcomes",
            "--outcomes",
            str(path),
        ]
        subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=False)
        outcomes = json.loads(path.read_text())
    rows, weak = _families(outcomes)
    PAGE.write_text(_page(rows, _bad_inputs(outcomes), outcomes), "utf-8")
    for title in weak:
        print(f"not conforming: {title}", file=sys.stderr)
    return 1 if weak else 0


def _families(outcomes: Mapping[str, Mapping[str, int]]) -> tuple[list[str], list[str]]:
    rows, weak = [], []
    for family in FAMILIES:
        counts = [count for name, count in outcomes.items() if re.search(family.tests, name)]
        passed, failed, skipped = (sum(count[key] for count in counts) for key in ("passed", "failed", "skipped"))
        rows.append(f"| {family.title} | {family.source} | {passed + failed + skipped} | {passed} |")
        if not passed or failed or skipped or passed != (family.vectors or passed):
            weak.append(family.title)
    return rows, weak


def _bad_inputs(outcomes: Mapping[str, Mapping[str, int]]) -> list[str]:
    found: dict[str, list[int]] = {}
    for name, count in outcomes.items():
        for prefix, number in {(match[1].upper(), match[2]) for match in ROW.finditer(name)}:
            row = found.setdefault(f"{prefix}-{number}", [0, 0])
            row[0] += count["passed"] + count["failed"]
            row[1] += count["passed"]
    return [f"| {row} | {total} | {passed} |" for row, (total, passed) in sorted(found.items())]


def _page(families: list[str], rows: list[str], outcomes: Mapping[str, Mapping[str, int]]) -> str:
    passed = sum(count["passed"] for count in outcomes.values())
    return "\n".join(
        [
            "# Conformance",
            "",
            f"Made by `make conformance` from a run of {passed:,} tests that passed. Nothing here is typed by hand.",
            "",
            "## Standards and suites",
            "",
            "| what | source | tests | passed |",
            "|---|---|---|---|",
            *families,
            "",
            "## Bad input, by row",
            "",
            "Each row is a way in which a document, a request or a file can be wrong; the tests carry the row's id.",
            "",
            "| row | tests | passed |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
