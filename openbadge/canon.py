"""JSON-LD in, RDF out, without loss: the only importer of pyld.

pyld has no safe mode. It silently drops undefined members, resolves relative identifiers against a base, and lets a
bad language tag inject statements. So every document is expanded against a private base, and the expanded form is
searched for anything that is not an absolute IRI, a literal or a list of those, before a statement is made of it.

JSON-LD 1.1 Processing Algorithms and API sections 5 (expansion), 6 (compaction), 8 (RDF); canonical form: RDFC-1.0.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pyld import ContextResolver, jsonld

from openbadge import contexts, nquads, rdfc, strict_json, to_rdf
from openbadge.errors import InvalidError
from openbadge.plain import Expander
from openbadge.plain_model import Rules
from openbadge.plain_table import Table

Loader = Callable[[str], Any]
"""Takes a context URL, returns its JSON document, raises `InvalidError` for a URL that is not allowed."""

_SCHEME = "x-microcred-relative:"
_BASE = _SCHEME + "//document/"
"""A relative identifier resolves to this, and so shows itself; `//host/path` keeps the scheme only."""
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|\\^`]+")
_KEYWORDS = frozenset(
    "@context @direction @graph @id @included @language @list @nest @reverse @set @type @value".split()
)
"""Keywords of JSON-LD whose values reach RDF; `@index`, for one, does not."""
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_LOCK = threading.RLock()  # pyld's caches are shared and not made for threads
_MAX_CACHED = 256
"""Contexts kept resolved: there are 14 pinned ones, with the contexts inside them."""
MAX_CONTEXTS = 60
"""Entries of all `@context` members together: a badge has three, and two more for each of ten endorsements."""
MAX_OBJECTS = 1_000
"""Objects in one document: pyld needs up to a millisecond for each; a rich badge has fifty."""
MAX_CONTEXT_WORK = 40_000
"""Terms defined inside the document times its objects: pyld may define each term anew for each object, 25 us each."""


class _Bounded(OrderedDict[str, Any]):
    """A cache that forgets its oldest entry, in the shape pyld's resolver asks for."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        if len(self) > _MAX_CACHED:
            self.popitem(last=False)


_CACHE = _Bounded()
_SCOPED = _Bounded()


class _Processor(jsonld.JsonLdProcessor):  # type: ignore[misc]  # pyld has no types, so its base is Any
    """pyld's processor, which remembers type-scoped contexts.

    They make up half of an expansion: pyld's own cache never finds one again, since it clones the context that they
    are applied to. The entry keeps both objects alive and is used only if both are the same objects again, with the
    same flags, so it cannot answer for anything else. One base and one set of options are used throughout.
    """

    def _process_context(self, active_ctx: Any, local_ctx: Any, options: Any, *flags: Any, **named: Any) -> Any:
        scoped = not flags and named.get("propagate") is False and "previousContext" not in active_ctx
        pinned = options["contextResolver"].shared_cache is _CACHE
        if not (scoped and pinned) or "cycles" in named:
            return super()._process_context(active_ctx, local_ctx, options, *flags, **named)
        key = f"{id(active_ctx)} {id(local_ctx)} {sorted(named.items())}"
        entry = _SCOPED.get(key)
        if entry is None or entry[0] is not active_ctx or entry[1] is not local_ctx:
            result = super()._process_context(active_ctx, local_ctx, options, **named)
            entry = _SCOPED[key] = (active_ctx, local_ctx, result)
        return entry[2]


def expand(document: Mapping[str, Any], *, load: Loader = contexts.document) -> list[Any]:
    """Return the expanded form of a JSON-LD object.

    Raises `InvalidError`: DATA_LOSS_DETECTION_ERROR for a member, type or identifier that would not be signed,
    CONTEXT_NOT_ALLOWED for an unknown context, MALFORMED_VALUE_ERROR for a bad IRI or language tag, LIMIT_EXCEEDED.
    """
    dropped: list[str] = []
    own_terms = _check_size(document)
    _check_keywords(document)
    expanded = _run(
        load,
        lambda options: _Processor(on_property_dropped=lambda name: dropped.append(str(name))).expand(
            document, options
        ),
        shared=not own_terms,
    )
    if dropped:
        raise InvalidError(
            "DATA_LOSS_DETECTION_ERROR",
            f"The member {dropped[0][:100]!r} is defined by no vocabulary of the document, so no signature covers it.",
        )
    for item in expanded:
        _check(item)
    return list(expanded)


def compact(expanded: list[Any], context: Any, *, load: Loader = contexts.document) -> dict[str, Any]:
    """Return the compacted form of an expanded document under `context`; errors as for `expand`."""
    shared = not _own_terms([context])
    return dict(_run(load, lambda options: _Processor().compact(expanded, context, options), shared=shared))


def expander(rules: Rules) -> Expander:
    """Return what expands plain documents without pyld, as soon as pyld has answered for each of their words."""
    return Expander(Table(_Oracle(), rules))


def quads(document: Mapping[str, Any], *, load: Loader = contexts.document) -> list[nquads.Quad]:
    """Return the RDF dataset of a JSON-LD object as serialised quads; errors as for `expand`."""
    return quads_of_expanded(expand(document, load=load))


def quads_of_expanded(expanded: list[Any]) -> list[nquads.Quad]:
    """Return the RDF dataset of a document that `expand` has returned, text direction included."""
    return to_rdf.statements(expanded)


def canonical(document: Mapping[str, Any], *, hash_name: str = "sha256", load: Loader = contexts.document) -> bytes:
    """Return the canonical N-Quads of a JSON-LD object as UTF-8 bytes (RDFC-1.0).

    `hash_name` is a key of `rdfc.HASHES`. Errors as for `expand`, and LIMIT_EXCEEDED.
    """
    try:
        return rdfc.canonicalize(quads(document, load=load), hash_name=hash_name).text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidError("MALFORMED_VALUE_ERROR", "A text holds half of a surrogate pair.") from None


class _Oracle:
    """pyld's own algorithms for single words, under the pinned contexts (`plain_model.Oracle`)."""

    def __init__(self) -> None:
        loader = _loader(contexts.document)
        self._options = {
            "base": _BASE, "documentLoader": loader, "contextResolver": ContextResolver(_CACHE, loader), "link": False,
            "isFrame": False, "keepFreeFloatingNodes": False, "compactArrays": True, "processingMode": "json-ld-1.1",
        }  # fmt: skip
        self._pyld = jsonld.JsonLdProcessor()

    def initial(self) -> Any:
        return self._pyld._get_initial_context(self._options)

    def applied(self, at: Any, context: Any, **flags: Any) -> Any:
        with _LOCK:
            return self._pyld._process_context(at, context, self._options, **flags)

    def reverted(self, at: Any) -> Any:
        return self._pyld._revert_to_previous_context(at)

    def of_term(self, at: Any, term: str, name: str) -> Any:
        return self._pyld.get_context_value(at, term, name)

    def expand_iri(self, at: Any, value: str, *, vocab: bool) -> Any:
        return self._pyld._expand_iri(at, value, base=_BASE, vocab=vocab)

    def expand_value(self, at: Any, term: str, value: Any) -> Any:
        return self._pyld._expand_value(at, term, value, self._options)

    def compact_iri(self, at: Any, iri: str, value: Any = None, *, vocab: bool) -> Any:
        with _LOCK:
            return self._pyld._compact_iri(at, iri, value, vocab=vocab, base=_BASE)

    def compact(self, at: Any, term: str, value: dict[str, Any]) -> Any:
        with _LOCK:
            return self._pyld._compact(at, term, value, self._options)

    def is_absolute(self, iri: Any) -> bool:
        try:
            check_iri(iri, "address")
        except InvalidError:
            return False
        return True


def _loader(load: Loader) -> Callable[[str, Any], dict[str, Any]]:
    def loader(url: str, _options: Any) -> dict[str, Any]:
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url,
                "document": load(url), "tag": "static"}  # fmt: skip

    return loader


def _run(load: Loader, call: Callable[[dict[str, Any]], Any], *, shared: bool) -> Any:
    """Call pyld; `shared` keeps the contexts that it resolves, which those of strangers must not fill up."""

    loader = _loader(load)
    cache = _CACHE if shared and load is contexts.document else _Bounded()
    options = {"base": _BASE, "documentLoader": loader, "contextResolver": ContextResolver(cache, loader)}
    with _LOCK:
        try:
            return call(options)
        except InvalidError:
            raise
        except Exception as error:
            raise _translated(error) from error


def _translated(error: Exception) -> InvalidError:
    """Turn whatever pyld raised into our own error: it raises KeyError and the like on hostile documents, too."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, InvalidError):
            return cause
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, jsonld.JsonLdError):
        return InvalidError("MALFORMED_VALUE_ERROR", f"The document is not JSON-LD: {error.code or error.type}.")
    return InvalidError("MALFORMED_VALUE_ERROR", "The document is not JSON-LD that can be processed.")


def _check_size(document: Mapping[str, Any]) -> int:
    """Refuse a document that would cost too much; return how many terms it defines itself."""
    contexts_found, count = [], 0
    for item in _objects(document):
        value = item.get("@context", [])
        contexts_found += value if isinstance(value, list) else [value]
        count += 1
    terms = _own_terms(contexts_found)
    if count > MAX_OBJECTS:
        raise InvalidError("LIMIT_EXCEEDED", f"The document has more than {MAX_OBJECTS:,} objects.")
    if len(contexts_found) > MAX_CONTEXTS:
        raise InvalidError("LIMIT_EXCEEDED", f"The document names vocabularies more than {MAX_CONTEXTS} times.")
    if terms * count > MAX_CONTEXT_WORK:
        raise InvalidError("LIMIT_EXCEEDED", "The document defines too many terms of its own for its size.")
    return terms


def _own_terms(found: list[Any]) -> int:
    return sum(len(item) for context in found for item in strict_json.walk(context) if isinstance(item, dict))


def _check_keywords(document: Mapping[str, Any]) -> None:
    """Refuse members that look like keywords: JSON-LD 1.1 section 5.1.2 step 13.4.1 ignores them without a word."""
    for item in _objects(document):
        unknown = [name for name in item if name.startswith("@") and name not in _KEYWORDS]
        if unknown:
            raise InvalidError(
                "DATA_LOSS_DETECTION_ERROR", f"The member {unknown[0][:100]!r} is covered by no signature."
            )


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a document, contexts left out."""
    stack = [document]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            yield item
            stack.extend(value for name, value in item.items() if name != "@context")


def _check(item: Any) -> None:
    if isinstance(item, list):
        for part in item:
            _check(part)
    elif isinstance(item, dict):
        if "@index" in item:
            raise InvalidError("DATA_LOSS_DETECTION_ERROR", "The document holds an index, which no signature covers.")
        if "@value" in item:
            _check_value(item)
        else:
            _check_node(item)


def _check_value(item: Mapping[str, Any]) -> None:
    language = item.get("@language")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InvalidError("MALFORMED_VALUE_ERROR", f"{language[:50]!r} is not a language tag.")
    datatype = item.get("@type")
    if datatype is not None and datatype != "@json":
        check_iri(datatype, "datatype")


def _check_node(item: Mapping[str, Any]) -> None:
    for key, value in item.items():
        if key == "@id":
            check_iri(value, "identifier")
        elif key == "@type":
            for name in value:
                check_iri(name, "type")
        else:
            if not key.startswith("@"):
                check_iri(key, "member")
            _check(value)


def check_iri(value: Any, kind: str) -> None:
    """Refuse a value that is not an absolute IRI: relative, a blank node label, or with characters IRIs lack.

    `kind` is the noun for the sentence. Raises `InvalidError` DATA_LOSS_DETECTION_ERROR for a relative one or one
    with forbidden characters (the statement would vanish), MALFORMED_VALUE_ERROR for a blank node label.
    """
    if isinstance(value, str) and value.startswith("_:"):
        raise InvalidError("MALFORMED_VALUE_ERROR", f"The {kind} {value[:100]!r} is a blank node label.")
    if not isinstance(value, str) or value.startswith(_SCHEME) or not _IRI.fullmatch(value):
        text = str(value).removeprefix(_BASE).removeprefix(_SCHEME)
        raise InvalidError(
            "DATA_LOSS_DETECTION_ERROR",
            f"The {kind} {text[:100]!r} is not a complete address, so it cannot be signed.",
        )
