"""Twenty badges that differ in what canonicalisation finds hard: characters, numbers, nesting, nodes without a name."""

from __future__ import annotations

from typing import Any

from tests.interop.badges import SITE, Document, Signer, badge, did_key_signer, sign, status_entry, subject

_EVIDENCE = {"type": ["Evidence"], "narrative": "A report of ten pages."}


def variations(signer: Signer) -> dict[str, Document]:
    """Unsigned badges by what is special about each.

    Numbers that JavaScript writes with an exponent and no point, such as 1e-7, are left out: jsonld.js signs them as 0.
    """
    return {**_texts(signer), **_members(signer), **_structures(signer)}


def _texts(signer: Signer) -> dict[str, Document]:
    return {
        "latin": badge(signer, name="Einführung in die Prüfung – naïve façade"),
        "quotes": badge(signer, name='"quoted" \\ backslash \\u0041 \\n'),
        "white space": badge(signer, name="tab\there, line\nfeed, return\rand  two spaces "),
        "astral": badge(signer, name="𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🎓👩🏽‍🎓"),
        "combining": badge(signer, name="e\u0301 and é, Å and Å"),
        "right to left": badge(signer, name="شهادة مصغرة תעודה"),
        "markup": badge(signer, name="<b>&amp;</b> ]]> https://example.org/?a=1&b=2"),
        "controls": badge(signer, name="\x01\x08\x0b\x0c\x1f\x7f\x85\u2028\u00a0\u200b\ufeff\uffff"),
    }


def _members(signer: Signer) -> dict[str, Document]:
    profile = {"id": f"{SITE}/departments/7", "type": ["Profile"], "name": "Department 7"}
    return {
        "dates": badge(signer, validUntil="2099-12-31T23:59:59Z", awardedDate="2026-03-31T12:00:00+02:00"),
        "whole number": badge(signer, credentialSubject=subject(creditsEarned=5)),
        "fraction": badge(
            signer, credentialSubject=subject(creditsEarned=2.5, achievement={"creditsAvailable": 0.001})
        ),
        "lists": badge(signer, credentialSubject=subject(achievement={"tag": ["b", "a", "c"], "inLanguage": "en-GB"})),
        "creator": badge(signer, credentialSubject=subject(achievement={"creator": profile})),
        "status": badge(signer, credentialStatus=status_entry()),
    }


def _structures(signer: Signer) -> dict[str, Document]:
    return {
        "alignments": badge(signer, credentialSubject=subject(achievement={"alignment": _alignments(3)})),
        "results": badge(signer, credentialSubject=_with_results()),
        "nameless subject": badge(
            signer, credentialSubject=subject(id=None, identifier=[_identity(n) for n in (1, 2)])
        ),
        "equal nodes": badge(signer, evidence=[_EVIDENCE, _EVIDENCE, {**_EVIDENCE, "name": "Annex"}]),
        "endorsed": badge(signer, endorsement=[_endorsement(did_key_signer(11))]),
        "two images": badge(
            signer,
            image={"id": f"{SITE}/img/1.png", "type": "Image", "caption": "A badge"},
            credentialSubject=subject(
                achievement={"image": {"id": "data:image/png;base64,iVBORw0KGgo=", "type": "Image"}}
            ),
        ),
    }


def _alignments(count: int) -> list[Document]:
    return [
        {
            "type": ["Alignment"],
            "targetName": f"Skill {number}",
            "targetUrl": f"https://example.org/skills/{number}",
            "targetType": "CFItem",
        }
        for number in range(count)
    ]


def _identity(number: int) -> Document:
    return {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": f"student-{number}",
        "identityType": "identifier",
    }


def _with_results() -> Document:
    described = {
        "id": "urn:uuid:0b0b0b0b-0000-4000-8000-0000000000aa",
        "type": ["ResultDescription"],
        "name": "Grade",
        "resultType": "LetterGrade",
        "allowedValue": ["C", "B", "A"],
    }
    result = {"type": ["Result"], "resultDescription": described["id"], "value": "A"}
    return subject(result=[result, {"type": ["Result"], "value": "17"}], achievement={"resultDescription": [described]})


def _endorsement(signer: Signer) -> Document:
    """An embedded credential of another issuer, with a proof of its own."""
    document: dict[str, Any] = badge(
        signer,
        id="urn:uuid:0b0b0b0b-0000-4000-8000-0000000000bb",
        type=["VerifiableCredential", "EndorsementCredential"],
        name="Approved",
        credentialSchema=None,
        credentialSubject={
            "id": f"{SITE}/achievements/1",
            "type": ["EndorsementSubject"],
            "endorsementComment": "Approved by the board.",
        },
    )
    return sign(document, signer)
