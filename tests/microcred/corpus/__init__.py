"""The corpus of bad inputs as data, built from a valid credential.

Where a test module of the verifier already builds the inputs of an area, they are taken from there.
"""

from __future__ import annotations

from tests.microcred.corpus import documents, signatures, world
from tests.microcred.corpus.row import Row

__all__ = ["ROWS", "Row"]

ROWS: list[Row] = [
    *documents.json_rows(),
    *documents.json_ld_rows(),
    *documents.data_model_rows(),
    *signatures.proof_rows(),
    *signatures.token_rows(),
    *world.status_rows(),
    *world.web_rows(),
    *world.image_rows(),
]
