"""What is measured without Node.js: compiled canonicalisation against pyld, signing a status list, starting up."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from pyld import jsonld

from bench.badges import Issuer, values_of
from bench.measure import Figure, alternate, median
from openbadge import contexts

FAST_ITEMS = 200


def run(rounds: int) -> dict[str, Figure]:
    """Measure on an issuer in memory."""
    ours = Issuer.make()
    return {
        **_signature(ours, rounds),
        **_canonicalisation(ours, rounds),
        **_status_list(ours, rounds),
        **_startup(max(1, rounds // 5)),
    }


def _signature(ours: Issuer, rounds: int) -> dict[str, Figure]:
    (taken,) = alternate([lambda: [ours.signer.sign(bytes(64)) for _ in range(FAST_ITEMS)]], rounds)
    return {
        "sign_us": Figure(1e6 * median(taken) / FAST_ITEMS, "CPU us of one signature, the floor of `issue`", rounds)
    }


def _canonicalisation(ours: Issuer, rounds: int) -> dict[str, Figure]:
    values = [ours.compiled.layout.ordered(values_of(number)) for number in range(FAST_ITEMS)]
    document = ours.draft.fill(values_of(0))
    assert ours.compiled.document.canonical(values[0]) == _pyld(document).encode()
    fast, slow = alternate(
        [lambda: [ours.compiled.document.canonical(item) for item in values], lambda: _pyld(document)], rounds
    )
    ratios = [pyld * FAST_ITEMS / own for own, pyld in zip(fast, slow, strict=True)]
    return {
        "canonicalize_vs_pyld": Figure(median(ratios), "times less CPU than pyld", rounds, 200),
        "canonicalize_compiled_us": Figure(1e6 * median(fast) / FAST_ITEMS, "CPU us each", rounds),
        "canonicalize_pyld_us": Figure(1e6 * median(slow), "CPU us each", rounds),
    }


def _pyld(document: dict[str, Any]) -> str:
    """As a user of pyld would do it, with contexts that it keeps between calls."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    return str(jsonld.normalize(document, options))


def _load(url: str, _options: Any) -> dict[str, Any]:
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url,
            "document": contexts.document(url), "tag": "static"}  # fmt: skip


def _status_list(ours: Issuer, rounds: int) -> dict[str, Figure]:
    (taken,) = alternate([ours.status_list], rounds)
    return {"status_list_sign_ms": Figure(1000 * median(taken), "CPU ms each, 131,072 entries, 1 % set", rounds)}


def _startup(rounds: int) -> dict[str, Figure]:
    return {
        "startup_ms": Figure(
            1000 * _started(["tokens", "--help"], rounds), "CPU ms, a command with all it needs", rounds
        ),
        "startup_help_ms": Figure(1000 * _started(["--help"], rounds), "CPU ms, the list of commands", rounds),
    }


def _started(arguments: list[str], rounds: int) -> float:
    """CPU seconds of the program, the median after a first start."""

    def start() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "microcred", *arguments], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    start()
    return median([start() for _ in range(rounds)])
