"""Remembered type-scoped contexts never change an expansion: compared with pyld as it is, in many orders."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from issuer.template import Template, example
from openbadge import canon, contexts

V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OTHERS = [
    ["https://www.w3.org/2018/credentials/v1", "https://w3id.org/security/data-integrity/v2"],
    [V2],
    [V2, OB],
    [V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"],
    ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
    [{"@vocab": "https://v.example/#", "Profile": {"@id": "urn:p", "@context": {"name": "urn:inner"}}}],
    [
        {
            "@vocab": "https://v.example/#",
            "Profile": {"@id": "urn:p", "@context": {"@propagate": True, "name": "urn:in"}},
        }
    ],
]
names = st.sampled_from(
    ["name", "description", "image", "achievement", "criteria", "narrative", "issuer", "proof", "id2"]
)
types = st.sampled_from(["Profile", "Achievement", "Image", "AchievementSubject", "VerifiableCredential", "Result"])


def nodes() -> Any:
    leaf = st.one_of(st.sampled_from(["x", "urn:y", "2026-01-01"]), st.booleans())
    return st.recursive(
        st.dictionaries(names, leaf, max_size=3),
        lambda inner: st.builds(
            lambda kind, members: {"type": kind, **members},
            st.lists(types, min_size=1, max_size=2, unique=True),
            st.dictionaries(names, st.one_of(leaf, inner, st.lists(inner, max_size=2)), max_size=4),
        ),
        max_leaves=8,
    )


def plain(document: dict[str, Any]) -> Any:
    def load(url: str, _options: Any) -> dict[str, Any]:
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url,
                "document": contexts.document(url)}  # fmt: skip

    resolver = jsonld.ContextResolver({}, load)
    return jsonld.JsonLdProcessor().expand(
        document, {"base": canon._BASE, "documentLoader": load, "contextResolver": resolver}
    )


def remembered(document: dict[str, Any]) -> Any:
    return canon._run(contexts.document, lambda options: canon._Processor().expand(document, options), shared=True)


@settings(max_examples=150)
@given(st.sampled_from(OTHERS), nodes())
def test_random_documents_expand_as_without_the_memory(context: list[Any], node: dict[str, Any]) -> None:
    document = {"@context": context, **node}
    try:
        expected = plain(document)
    except Exception as error:
        expected = type(error)
    for _ in range(2):
        try:
            found = remembered(document)
        except Exception as error:
            found = type(error.__cause__ or error)
        assert found == expected


def test_a_badge_expands_and_compacts_as_without_the_memory() -> None:
    template = example("micro-credential")
    document = Template.load("micro-credential").apply(template["fixed"]).fill(template["values"])
    assert [remembered(document) for _ in range(3)] == [plain(document)] * 3
    once = canon.compact(canon.expand(document), document["@context"])
    assert canon.compact(canon.expand(document), document["@context"]) == once


def test_the_official_badge_expands_as_without_the_memory(vectors: Path) -> None:
    document = json.loads((vectors / "ob3" / "ob-signed.json").read_bytes())
    assert remembered(document) == plain(document)


def test_threads_do_not_disturb_each_other() -> None:
    template = example("micro-credential")
    draft = Template.load("micro-credential").apply(template["fixed"])
    documents = [draft.fill({**template["values"], "recipientName": f"Learner {number}"}) for number in range(24)]
    foreign = [{"@context": [V2, {"name2": f"urn:n{number}"}], "id": "urn:a", "name2": "x"} for number in range(24)]
    every = [document for pair in zip(documents, foreign, strict=True) for document in pair]
    alone = [canon.canonical(document) for document in every]
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(canon.canonical, every)) == alone
