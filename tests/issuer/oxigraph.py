"""The canonical form by another implementation of everything: JSON-LD, RDF and RDFC-1.0 of pyoxigraph."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox

from openbadge import contexts


def canonical(document: dict[str, Any]) -> bytes:
    """The canonical N-Quads of a document; its contexts are put inside, since pyoxigraph loads none."""
    inside = [contexts.document(url)["@context"] for url in document["@context"]]
    text = json.dumps({**document, "@context": inside})
    dataset = ox.Dataset(ox.parse(text, format=ox.RdfFormat.JSON_LD))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS)
    assert lines is not None
    return b"".join(sorted(lines.splitlines(keepends=True)))
