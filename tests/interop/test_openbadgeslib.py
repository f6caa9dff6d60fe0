"""openbadgeslib, an independent Python implementation of Open Badges 3.0, reads our badges with its own contexts."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, OB3Verifier

from openbadge import strict_json
from tests.interop.badges import STATUS_URL, Key, Signer, badge, did_web_signer, sign, status_list
from tests.interop.readers import Issued


def _download(issued: Issued, **changes: bytes) -> Callable[[str], bytes]:
    return {**issued.material, **changes}.__getitem__


def test_accepts_the_embedded_proof_and_the_status(issued: Issued) -> None:
    verifier = OB3LdpVerifier.for_issuer_did(issued.issuer)
    # It can check the signature of a list only where the list is a token; test_digitalbazaar checks ours.
    credential = verifier.verify(issued.data, check_status=True, verify_status_list=False, download=_download(issued))
    assert credential.achievement.name == issued.credential["credentialSubject"]["achievement"]["name"]
    assert credential.issuer.id == issued.issuer


def test_accepts_the_token(issued: Issued) -> None:
    verifier = OB3Verifier.for_issuer_did(issued.issuer, download=_download(issued))
    credential = verifier.verify(issued.token, check_status=True, verify_status_list=False, download=_download(issued))
    assert credential.issuer.id == issued.issuer


@pytest.mark.parametrize(
    ("name", "extract"),
    [
        ("credential.png", OB3Verifier.extract_token_from_png),
        ("credential.svg", OB3Verifier.extract_token_from_svg),
    ],
)
def test_finds_the_badge_in_the_picture(issued: Issued, name: str, extract: Callable[[bytes], str]) -> None:
    text = extract((issued.folder / name).read_bytes())
    assert strict_json.loads(text.encode()) == issued.credential
    OB3LdpVerifier().verify(text, download=_download(issued))


def test_refuses_a_changed_badge(issued: Issued) -> None:
    changed = deepcopy(issued.credential)
    changed["credentialSubject"]["achievement"]["name"] = "Something else"
    with pytest.raises(OB3VerificationError, match="signature"):
        OB3LdpVerifier().verify(changed, download=_download(issued))


def test_refuses_a_changed_token(issued: Issued) -> None:
    verifier = OB3Verifier.for_issuer_did(issued.issuer, download=_download(issued))
    head, _, signature = issued.token.rpartition(".")
    with pytest.raises(OB3VerificationError):
        verifier.verify(f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}")


def test_refuses_another_key_under_the_same_name() -> None:
    signer = did_web_signer()
    impostor = Signer(signer.id, signer.verification_method, Key(99))
    with pytest.raises(OB3VerificationError, match="signature"):
        OB3LdpVerifier().verify(sign(badge(signer), signer), download=lambda _: strict_json.dumps(impostor.document))


@pytest.mark.parametrize("decided", [{"revoked": True}, {"suspended": True}])
def test_sees_a_revocation_and_takes_a_suspension_for_one(
    signer: Signer, self_made: Issued, decided: dict[str, bool]
) -> None:
    revoked = {STATUS_URL: strict_json.dumps(status_list(signer, **decided))}
    with pytest.raises(OB3VerificationError, match="revocation"):
        OB3LdpVerifier().verify(
            self_made.data, check_status=True, verify_status_list=False, download=_download(self_made, **revoked)
        )
