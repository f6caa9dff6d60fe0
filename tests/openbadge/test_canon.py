from __future__ import annotations

import hashlib
import json
import random

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld import ContextResolver, jsonld

from openbadge import canon, contexts, rdfc, strict_json
from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V2, OB_CONTEXT
from tests import vectors as values
from tests.vectors import badge, code_of, edited, rich_badge

CANONICAL = """\
<did:web:badges.example> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://purl.imsglobal.org/spec/vc/ob/vocab.html#Profile> .
<https://badges.example/c/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiableCredential> .
<https://badges.example/c/1> <https://schema.org/name> "Ada \\"the first\\"\\n" .
<https://badges.example/c/1> <https://www.w3.org/2018/credentials#credentialSubject> _:c14n0 .
<https://badges.example/c/1> <https://www.w3.org/2018/credentials#issuer> <did:web:badges.example> .
<https://badges.example/c/1> <https://www.w3.org/2018/credentials#validFrom> "2026-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
_:c14n0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://purl.imsglobal.org/spec/vc/ob/vocab.html#AchievementSubject> .
"""  # noqa: E501  a line is a statement
SMALL = {
    "@context": [CREDENTIALS_V2, OB_CONTEXT],
    "id": "https://badges.example/c/1",
    "type": "VerifiableCredential",
    "name": 'Ada "the first"\n',
    "issuer": {"id": "did:web:badges.example", "type": ["Profile"]},
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {"type": ["AchievementSubject"]},
}


def hashed(document) -> str:
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    return hashlib.sha256(canon.canonical(unsecured)).hexdigest()


def shuffled(value, chance: random.Random):
    """The same document with members and sets in another order; ordered lists stay."""
    if isinstance(value, dict):
        pairs = [
            (name, item if name in ("@context", "allowedValue") else shuffled(item, chance))
            for name, item in value.items()
        ]
        return dict(chance.sample(pairs, len(pairs)))
    if isinstance(value, list):
        return [shuffled(item, chance) for item in chance.sample(value, len(value))]
    return value


def test_a_small_document_has_this_canonical_form():
    assert canon.canonical(SMALL).decode() == CANONICAL


@pytest.mark.parametrize("document", [SMALL, badge(), rich_badge()], ids=["small", "badge", "rich"])
def test_an_independent_implementation_agrees(document):
    text = canon.canonical(document)
    dataset = ox.Dataset(ox.parse(text, format=ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert "".join(sorted(f"{quad} .\n" for quad in dataset)).encode() == text


@pytest.mark.parametrize("document", [badge(), rich_badge()], ids=["badge", "rich"])
@given(chance=st.randoms(use_true_random=False))
def test_the_order_of_members_and_sets_means_nothing(document, chance):
    assert canon.canonical(shuffled(document, chance)) == canon.canonical(document)


def test_the_order_of_a_list_means_something():
    def turn(document):
        document["credentialSubject"]["achievement"]["resultDescription"][0]["allowedValue"].reverse()

    assert hashed(edited(badge(), turn)) != hashed(badge())


def test_hashes_of_the_open_badges_guide(vectors):
    document = json.loads((vectors / "ob3" / "ob-signed.json").read_bytes())
    proof = {name: value for name, value in document.pop("proof").items() if name != "proofValue"}
    config = {"@context": document["@context"], **proof}
    assert canon.canonical(document) == (vectors / "ob3" / "ob-document-canon.nq.txt").read_bytes()
    assert canon.canonical(config) == (vectors / "ob3" / "ob-proof-canon.nq.txt").read_bytes()
    assert hashed(document) == values.OB_DOCUMENT_HASH
    assert hashed(config) == values.OB_PROOF_HASH


def put(name, value):
    return lambda document: document["credentialSubject"].update({name: value})


LOSSES = {
    "LD-001 undefined member": (put("note", "honours"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-030 undefined type": (put("type", ["AchievementSubject", "GoldMedal"]), "DATA_LOSS_DETECTION_ERROR"),
    "LD-028 space": (put("id", "did:example:a b"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-028 angle": (put("id", "did:example:a>b"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-043 label": (put("id", "_:b0"), "MALFORMED_VALUE_ERROR"),
    "relative": (put("id", "learner"), "DATA_LOSS_DETECTION_ERROR"),
    "relative path": (put("id", "/learner"), "DATA_LOSS_DETECTION_ERROR"),
    "relative host": (put("id", "//badges.example/learner"), "DATA_LOSS_DETECTION_ERROR"),
    "empty": (put("id", ""), "DATA_LOSS_DETECTION_ERROR"),
    "our own base": (put("id", "x-microcred-relative:a"), "DATA_LOSS_DETECTION_ERROR"),
    "relative type": (put("type", ["AchievementSubject", "./x"]), "DATA_LOSS_DETECTION_ERROR"),
    "label as member": (put("_:p", "x"), "MALFORMED_VALUE_ERROR"),
    "number as id": (put("id", 5), "MALFORMED_VALUE_ERROR"),
    "LD-013 index": (put("@index", "Dean's list"), "DATA_LOSS_DETECTION_ERROR"),
    "unknown keyword": (put("@note", "honours"), "DATA_LOSS_DETECTION_ERROR"),
    "keyword of contexts": (put("@vocab", {"name": "x"}), "DATA_LOSS_DETECTION_ERROR"),
    "LD-031 language": (
        put("name", {"@value": "d", "@language": 'en .\n<urn:x> <urn:y> "z"'}),
        "MALFORMED_VALUE_ERROR",
    ),
    "datatype": (put("name", {"@value": "d", "@type": "x y"}), "MALFORMED_VALUE_ERROR"),
    "half a surrogate pair": (put("name", "\ud800"), "MALFORMED_VALUE_ERROR"),
    "infinite": (put("name", float("inf")), "MALFORMED_VALUE_ERROR"),
    "protected term": (put("@context", {"name": "urn:x:name"}), "MALFORMED_VALUE_ERROR"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_loss_is_an_error(name):
    change, code = LOSSES[name]
    assert code_of(canon.canonical, edited(badge(), change)) == code


def test_an_alias_of_an_index_is_a_loss():
    document = {"@context": {"note": "@index", "p": "urn:p"}, "@id": "urn:x", "p": {"@value": "x", "note": "honours"}}
    assert code_of(canon.canonical, document) == "DATA_LOSS_DETECTION_ERROR"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://169.254.169.254/", CREDENTIALS_V2 + "/"])
def test_ld_035_an_unknown_context_is_never_fetched(url):
    assert code_of(canon.expand, {"@context": [url], "id": "urn:x"}) == "CONTEXT_NOT_ALLOWED"


def deep(levels: int):
    document = {"id": "urn:x"}
    for _ in range(levels):
        document = {"credentialSubject": document}
    return {"@context": [CREDENTIALS_V2], **document}


def test_depth_is_no_crash():
    assert code_of(canon.canonical, deep(5_000)) in ("LIMIT_EXCEEDED", "MALFORMED_VALUE_ERROR")
    assert code_of(canon.canonical, deep(500)) in ("LIMIT_EXCEEDED", "MALFORMED_VALUE_ERROR")


def evidence(count: int):
    items = [{"type": ["Evidence"], "name": f"Work {number}"} for number in range(count)]
    return edited(badge(), lambda document: document.update(evidence=items))


def test_ld_041_five_hundred_objects_without_id_pass():
    assert canon.canonical(evidence(500)).count(b"#Evidence>") == 500


def test_sizes_that_would_cost_too_much_are_refused():
    terms = {f"t{number}": f"urn:t:{number}" for number in range(200)}
    scoped = {"@context": {"A": {"@id": "urn:A", "@context": terms}}, "@id": "urn:x", "urn:p": [{"@type": "A"}] * 400}
    nested = {"@id": "urn:x", "urn:p": [{"@context": [CREDENTIALS_V2]}] * (canon.MAX_CONTEXTS + 1)}
    assert code_of(canon.canonical, evidence(canon.MAX_OBJECTS)) == "LIMIT_EXCEEDED"
    assert code_of(canon.canonical, scoped) == "LIMIT_EXCEEDED"
    assert code_of(canon.canonical, nested) == "LIMIT_EXCEEDED"
    assert code_of(canon.canonical, {"@context": [CREDENTIALS_V2] * 1_000, "id": "urn:x"}) == "LIMIT_EXCEEDED"


def test_ten_thousand_values_pass():
    tags = [f"tag {number}" for number in range(9_900)]
    document = edited(badge(), lambda item: item["credentialSubject"]["achievement"].update(tag=tags))
    assert canon.canonical(document).count(b'> "tag ') == 9_900


NAMES = (
    "@id @type @value @list @set @graph @reverse @included @nest @language @context @index @json @direction "
    "id type name proof evidence endorsement urn:p x"
).split()
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
JUNK = st.recursive(
    SCALARS | st.sampled_from(["_:b", "urn:x", "Profile", CREDENTIALS_V2, *NAMES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in pairs:
        yield from places(item, (*path, name))


PLACES = [path for path in places(rich_badge()) if path]


@given(st.sampled_from(PLACES), JUNK, st.booleans(), st.sampled_from(["@context", "@nest", "id", "type", "evidence"]))
def test_hostile_documents_raise_nothing_but_our_own_error(path, junk, instead, name):
    document = rich_badge()
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if instead or not isinstance(holder[path[-1]], dict):
        holder[path[-1]] = junk
    else:
        holder[path[-1]][name] = junk
    code_of(canon.canonical, document)


def plainly_expanded(document):
    """What pyld makes of a document when nothing is remembered from earlier ones."""

    def loader(url, _options):
        return {"contextUrl": None, "documentUrl": url, "document": contexts.document(url)}

    return jsonld.JsonLdProcessor().expand(
        document, {"base": canon._BASE, "documentLoader": loader, "contextResolver": ContextResolver({}, loader)}
    )


@given(st.sampled_from(PLACES), st.sampled_from(["Achievement", "Profile", "Image", "x", "urn:x"]), st.booleans())
def test_contexts_that_are_remembered_change_nothing(path, value, listed):
    document = rich_badge()
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if isinstance(holder[path[-1]], str | list) and "@context" not in path:
        holder[path[-1]] = [value] if listed else value
    try:
        ours = canon.expand(document)
    except InvalidError:
        return
    assert ours == plainly_expanded(document)


@given(st.dictionaries(st.sampled_from(["@context", "@id", "@graph", "name", "urn:p"]), JUNK))
def test_any_object_raises_nothing_but_our_own_error(document):
    code_of(canon.canonical, document)


@given(st.sampled_from(PLACES))
def test_every_value_is_signed(path):
    document = rich_badge()
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if "@context" in path or isinstance(holder[path[-1]], dict | list):
        return
    holder[path[-1]] = "urn:x:changed"
    if code_of(canon.canonical, document) == "accepted":
        assert hashed(document) != hashed(rich_badge())


def test_another_hash_and_another_loader():
    def load(url):
        return {"@context": {"name": "urn:name"}} if url == "urn:ours" else strict_json.loads(b"{}")

    document = {"@context": "urn:ours", "@id": "urn:x", "name": "Ada"}
    assert canon.canonical(document, load=load) == b'<urn:x> <urn:name> "Ada" .\n'
    assert canon.canonical(document, load=load, hash_name="sha384") == b'<urn:x> <urn:name> "Ada" .\n'
    assert code_of(canon.canonical, document) == "CONTEXT_NOT_ALLOWED"
    assert rdfc.canonicalize(canon.quads(badge())).text.encode() == canon.canonical(badge())


def test_vocabularies_of_strangers_are_not_kept():
    canon.canonical(badge())
    before = {*canon._CACHE, *canon._SCOPED}
    inline = {"@context": [CREDENTIALS_V2, {"mine": "urn:mine"}], "id": "urn:x", "mine": "x"}
    assert canon.canonical(inline) == b'<urn:x> <urn:mine> "x" .\n'
    assert canon.compact(canon.expand(inline), inline["@context"])["mine"] == "x"
    assert {*canon._CACHE, *canon._SCOPED} == before
