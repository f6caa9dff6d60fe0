"""What RDF suites sign, from a document that has been expanded already: the normal form and its proofs share one.

Each member of a document is expanded by itself, given its vocabularies and types. So the expanded document without the
property `proof` is what expanding the document without its member `proof` gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openbadge import badge_words, canon, rdfc
from openbadge.canon import Loader
from openbadge.errors import InvalidError
from openbadge.proof.model import Canonical, Document

PROOF: Final = "https://w3id.org/security#proof"


@dataclass(frozen=True, slots=True)
class Expanded:
    """A document in normal form: the one node `root` that it expands to (`normal_form.check`), and its `@context`.

    Called with a proof over it that names no earlier ones, and a key of `rdfc.HASHES`, it gives what the proof signs
    (`proof.model.Hashed`). Raises what `canon.canonical` raises.
    """

    root: Mapping[str, Any]
    context: list[str]
    _canonical: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, proof: Document, hash_name: str) -> bytes:
        """Return what a proof signs."""
        return Canonical(self._config(proof, hash_name), self._unsecured(hash_name)).hashed(hash_name)

    def _config(self, proof: Document, hash_name: str) -> bytes:
        config = {"@context": self.context, **{name: value for name, value in proof.items() if name != "proofValue"}}
        return _canonical(badge_words.expand(config), hash_name)

    def _unsecured(self, hash_name: str) -> bytes:
        """The same for every proof of the document, so it is kept."""
        found = self._canonical.get(hash_name)
        if found is None:
            unsecured = {name: value for name, value in self.root.items() if name != PROOF}
            found = self._canonical[hash_name] = _canonical([unsecured], hash_name)
        return found


def transform(document: Document, hash_name: str, load: Loader) -> bytes:
    """Return the canonical N-Quads (RDFC-1.0) of a document as UTF-8. Raises what `canon.canonical` raises."""
    try:
        return _canonical(badge_words.expand(document, load), hash_name)
    except UnicodeEncodeError:
        raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds half of a surrogate pair.") from None


def _canonical(expanded: list[Any], hash_name: str) -> bytes:
    return rdfc.canonicalize(canon.quads_of_expanded(expanded), hash_name=hash_name).text.encode("utf-8")
