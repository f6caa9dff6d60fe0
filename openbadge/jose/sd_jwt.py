"""Selective disclosure for tokens: SD-JWT, RFC 9901.

An SD-JWT is a compact token, its disclosures, and at the end the holder's key binding token or nothing, joined by `~`.
Reading never judges; `verify` checks the issuer's signature, puts the disclosures back and applies a policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from openbadge import strict_json
from openbadge.errors import InvalidError
from openbadge.jose import disclosures as parts
from openbadge.jose import jws
from openbadge.jose.disclosures import Disclosure, Path, Revealed
from openbadge.multikey import PublicKey
from openbadge.proof.model import Signer

ALWAYS_SHOWN: Final = frozenset("iss exp nbf cnf @context type issuer validFrom validUntil credentialStatus".split())
"""Members that decide whether a credential counts at all (RFC 9901 section 9.7): no part of them may be concealed, or a
holder could leave out the end date, the status or the issuer."""
KEY_BINDING_TYPE: Final = "kb+jwt"
KEY_BINDING_AGE: Final = timedelta(minutes=5)
"""How old a holder's proof may be, and how far its clock may be ahead: it is made for one moment (section 7.3)."""


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT taken apart; nothing in it is verified yet. `key_binding` is None when the holder signed nothing."""

    signed: jws.Jws
    payload: Mapping[str, Any]
    disclosures: tuple[Disclosure, ...]
    key_binding: jws.Jws | None
    bound_text: str

    @property
    def header(self) -> Mapping[str, Any]:
        """The header of the issuer's token."""
        return self.signed.header


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What a verifier wants the holder to prove: that this was made for it, for this question, just now."""

    audience: str
    nonce: str
    now: datetime


def issue(
    header: Mapping[str, Any],
    payload: Mapping[str, Any],
    paths: Iterable[Path],
    signer: Signer,
    random_bytes: Callable[[int], bytes],
) -> str:
    """Return the SD-JWT over `payload` in which what is at `paths` is concealed, with all disclosures.

    `random_bytes(n)` makes salts. Raises `InvalidError` MALFORMED_VALUE_ERROR for a path with nothing at it, or one
    inside a member that must always be shown.
    """
    wanted = list(paths)
    if any(path[0] in ALWAYS_SHOWN for path in wanted):
        raise InvalidError(
            "MALFORMED_VALUE_ERROR", f"These members cannot be concealed: {', '.join(sorted(ALWAYS_SHOWN))}."
        )
    concealed, made = parts.conceal(payload, wanted, random_bytes)
    token = jws.sign(header, strict_json.dumps(concealed), signer)
    return _join(token, made)


def parse(text: str, members: frozenset[str] = jws.CREDENTIAL_MEMBERS) -> SdJwt:
    """Take an SD-JWT apart; `members` are the header members that may occur.

    Raises `InvalidError` PARSING_ERROR for its form, LIMIT_EXCEEDED for its size, and what `jws.parse` raises.
    """
    if len(text) > jws.MAX_CHARS:
        raise InvalidError("LIMIT_EXCEEDED", "The SD-JWT is larger than 2 MiB.")
    token, *texts = text.split("~")
    if not texts:
        raise InvalidError("PARSING_ERROR", "An SD-JWT has a ~ after its token.")
    if len(texts) - 1 > parts.MAX_DISCLOSURES:
        raise InvalidError("LIMIT_EXCEEDED", f"The SD-JWT has more than {parts.MAX_DISCLOSURES:,} disclosures.")
    signed = jws.parse(token, members)
    return SdJwt(
        signed,
        strict_json.loads(signed.payload),
        tuple(parts.read(item) for item in texts[:-1]),
        jws.parse(texts[-1], jws.OPEN_BADGE_MEMBERS) if texts[-1] else None,
        text[: len(text) - len(texts[-1])],
    )


def verify(
    sd_jwt: SdJwt, key: PublicKey, *, shown: frozenset[str] = ALWAYS_SHOWN, binding: KeyBinding | None = None
) -> Revealed:
    """Return what the issuer signed with the disclosures put back, all of it verified.

    `shown` are the members of which nothing may be concealed; with any, nothing may stay hidden at the top either,
    because it could be one of them. With `binding` the holder must have signed too; without, a holder's signature
    that is there must still be right. Raises `InvalidError` CRYPTOGRAPHIC_SECURITY_ERROR and the codes of
    `jws.verify`, `disclosures.reveal` and `check_key_binding`.
    """
    jws.verify(sd_jwt.signed, key)
    revealed = parts.reveal(sd_jwt.payload, sd_jwt.disclosures)
    if shown:
        _check_shown(revealed, shown)
    if binding is not None or sd_jwt.key_binding is not None:
        check_key_binding(sd_jwt, revealed.value, binding)
    return revealed


def present(text: str, paths: Iterable[Path]) -> str:
    """Return an SD-JWT that discloses only what is at `paths`, and what they are inside of (section 7.2).

    `text` is the issuer's, with all disclosures. Raises `InvalidError` as `parse` and `disclosures.reveal`, and
    MALFORMED_VALUE_ERROR for a path that no disclosure belongs to.
    """
    sd_jwt = parse(text)
    disclosed = parts.reveal(sd_jwt.payload, sd_jwt.disclosures).disclosed
    wanted = set(paths)
    unknown = wanted - disclosed.keys()
    if unknown:
        raise InvalidError("MALFORMED_VALUE_ERROR", f"Nothing is concealed at the path {min(map(str, unknown))}.")
    kept = [item for path, item in disclosed.items() if any(place[: len(path)] == path for place in wanted)]
    return _join(text.partition("~")[0], kept)


def bind(text: str, signer: Signer, binding: KeyBinding) -> str:
    """Return a presentation with the holder's signature over it (section 4.3); `text` ends with `~`."""
    payload = {
        "iat": int(binding.now.timestamp()),
        "aud": binding.audience,
        "nonce": binding.nonce,
        "sd_hash": parts.digest(text, parts.hash_name(parse(text).payload)),
    }
    return text + jws.sign({"typ": KEY_BINDING_TYPE}, strict_json.dumps(payload), signer)


def check_key_binding(sd_jwt: SdJwt, claims: Mapping[str, Any], binding: KeyBinding | None) -> None:
    """Accept the holder's signature: by the key in `cnf` of the verified `claims`, over exactly this presentation.

    With `binding`, also for this audience, nonce and moment (section 7.3). Raises `InvalidError`
    CRYPTOGRAPHIC_SECURITY_ERROR, INVALID_CHALLENGE_ERROR, INVALID_DOMAIN_ERROR, or as `PublicKey.from_jwk`.
    """
    if sd_jwt.key_binding is None:
        raise _insecure("The holder has not signed this presentation (no key binding).")
    if sd_jwt.key_binding.header.get("typ") != KEY_BINDING_TYPE:
        raise _insecure("The holder's signature is not of the type kb+jwt.")
    confirmation = claims.get("cnf")
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    if not isinstance(jwk, dict):
        raise _insecure("The credential names no key of its holder (cnf.jwk).")
    jws.verify(sd_jwt.key_binding, PublicKey.from_jwk(jwk))
    said = strict_json.loads(sd_jwt.key_binding.payload)
    if said.get("sd_hash") != parts.digest(sd_jwt.bound_text, parts.hash_name(sd_jwt.payload)):
        raise _insecure("The holder signed another presentation than this one.")
    if binding is not None:
        _check_binding(said, binding)


def _check_binding(said: Mapping[str, Any], binding: KeyBinding) -> None:
    if said.get("aud") != binding.audience:
        raise InvalidError("INVALID_DOMAIN_ERROR", "The presentation was made for someone else.")
    if said.get("nonce") != binding.nonce:
        raise InvalidError("INVALID_CHALLENGE_ERROR", "The presentation answers another question than ours.")
    made = said.get("iat")
    age = binding.now.timestamp() - made if type(made) is int else None
    if age is None or abs(age) > KEY_BINDING_AGE.total_seconds():
        raise _insecure("The presentation was not made just now.")


def _check_shown(revealed: Revealed, shown: frozenset[str]) -> None:
    if () in revealed.hidden:
        raise _insecure("A part at the top of the credential is concealed; it could be its end date or its status.")
    for path in (*revealed.disclosed, *revealed.hidden):
        if path[0] in shown:
            raise _insecure(f"The member {path[0]} of the credential may not be concealed, not even in part.")


def _join(token: str, disclosed: Iterable[Disclosure]) -> str:
    return "".join(f"{text}~" for text in (token, *(item.text for item in disclosed)))


def _insecure(detail: str) -> InvalidError:
    return InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", detail)
