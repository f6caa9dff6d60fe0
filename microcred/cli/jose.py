"""`microcred jose`: secure or verify one document with a given key, as the W3C's VC-JOSE-COSE test suite asks.

A tool for conformance, not for issuing: it stores nothing, resolves no key, and judges neither validity nor status.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from issuer.errors import IssuerError, SettingsError
from issuer.keys import Signer
from issuer.keys_jwk import read_signer
from microcred.cli.context import Context
from openbadge import strict_json, vc_jose_cose
from openbadge.errors import InvalidError, OpenBadgeError
from openbadge.jose import disclosures
from openbadge.multikey import PublicKey
from openbadge.vc_jose_cose import CREDENTIAL, PRESENTATION, Kind, Times

SUCCESS: Final = "success"
FAILURE: Final = "failure"
INDETERMINATE: Final = "indeterminate"
EXIT: Final = {SUCCESS: 0, FAILURE: 1, INDETERMINATE: 2}
"""The exit code of each result; the suite itself reads the output file only."""
TIMES: Final = Times(now=None, written=True)
"""The suite holds tokens that have long expired, and dates as text, and calls them good."""
MAX_INPUT: Final = 4 * strict_json.MAX_BYTES
"""4 MiB: more than any text that can be verified."""


@dataclass(frozen=True, slots=True)
class Concealment:
    """What a holder may later leave out, for SD-JWT, and where its salts come from."""

    paths: list[disclosures.Path]
    random_bytes: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the suite: what is secured, and how it is issued and verified."""

    kind: Kind
    issue: Callable[[Mapping[str, Any], Kind, Signer, Concealment], str]
    verify: Callable[[str, Kind, PublicKey], vc_jose_cose.Verified]


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    jose = commands.add_parser("jose")
    actions = jose.add_subparsers(dest="action", required=True)
    for name, sentence in (("issue", "secure a JSON document"), ("verify", "verify a secured text")):
        parser = actions.add_parser(name, help=sentence)
        parser.add_argument("--input", metavar="FILE", required=True, type=Path)
        parser.add_argument("--key", metavar="FILE", required=True, type=Path, help="verification method with JWKs")
        parser.add_argument("--feature", metavar="NAME", required=True, help=", ".join(FEATURES))
        parser.add_argument("--sd", metavar="JSON", default="[]", help="SD-JWT: paths to conceal, as a JSON array")
        parser.add_argument("--output", metavar="FILE", required=True, type=Path)
        parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, context: Context) -> int:
    result, data = _outcome(args, context)
    try:
        args.output.write_text(json.dumps({"result": result, "data": data}) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The file {args.output} cannot be written: {error.strerror}.") from None
    return EXIT[result]


def _outcome(args: argparse.Namespace, context: Context) -> tuple[str, str]:
    feature = FEATURES.get(args.feature)
    if feature is None:
        return INDETERMINATE, f"The feature {args.feature!r} is not one of {', '.join(FEATURES)}."
    try:
        text = _read(args.input)
        method = strict_json.loads(_read(args.key))
        if args.action == "issue":
            concealment = Concealment(_paths(args.sd), context.world.random_bytes)
            return SUCCESS, feature.issue(strict_json.loads(text), feature.kind, _signer(method), concealment)
        return SUCCESS, _document(feature.verify(text.decode("ascii", "replace").rstrip(), feature.kind, _key(method)))
    except (OpenBadgeError, IssuerError) as error:
        return FAILURE, error.detail


def _paths(text: str) -> list[disclosures.Path]:
    paths = strict_json.loads_any(text.encode())
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise InvalidError("MALFORMED_VALUE_ERROR", "--sd is not a JSON array of paths.")
    return [disclosures.parse_path(path) for path in paths]


def _document(verified: vc_jose_cose.Verified) -> str:
    return json.dumps(verified.document, ensure_ascii=False)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_INPUT)
    except OSError as error:
        raise SettingsError(f"The file {path} cannot be read: {error.strerror}.") from None


def _key(method: Mapping[str, Any]) -> PublicKey:
    return PublicKey.from_jwk(_member(method, "publicKeyJwk"))


def _signer(method: Mapping[str, Any]) -> Signer:
    return read_signer(_member(method, "secretKeyJwk"), str(method.get("id", "")))


def _member(method: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = method.get(name)
    if not isinstance(value, dict):
        raise InvalidError("INVALID_VERIFICATION_METHOD", f"The key file has no {name}.")
    return value


def _issue_jose(document: Mapping[str, Any], kind: Kind, signer: Signer, _concealment: Concealment) -> str:
    return vc_jose_cose.secure_jwt(document, kind, signer)


def _issue_sd_jwt(document: Mapping[str, Any], kind: Kind, signer: Signer, concealment: Concealment) -> str:
    return vc_jose_cose.secure_sd_jwt(document, kind, concealment.paths, signer, concealment.random_bytes)


def _issue_cose(document: Mapping[str, Any], kind: Kind, signer: Signer, _concealment: Concealment) -> str:
    return base64.b64encode(vc_jose_cose.secure_cose(document, kind, signer)).decode("ascii").rstrip("=")


def _verify_jose(text: str, kind: Kind, key: PublicKey) -> vc_jose_cose.Verified:
    return vc_jose_cose.verify_jwt(text, kind, key, TIMES)


def _verify_sd_jwt(text: str, kind: Kind, key: PublicKey) -> vc_jose_cose.Verified:
    return vc_jose_cose.verify_sd_jwt(text, kind, key, TIMES)


def _verify_cose(text: str, kind: Kind, key: PublicKey) -> vc_jose_cose.Verified:
    return vc_jose_cose.verify_cose(_base64(text), kind, key)


def _base64(text: str) -> bytes:
    """Decode standard base64 without padding, in its one canonical form."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidError("PARSING_ERROR", "The COSE message is not written in base64.") from None
    if base64.b64encode(data).decode("ascii").rstrip("=") != text:
        raise InvalidError("PARSING_ERROR", "The COSE message is not in the one form that base64 allows.")
    return data


FEATURES: Final[Mapping[str, Feature]] = {
    "credential_jose": Feature(CREDENTIAL, _issue_jose, _verify_jose),
    "credential_sdjwt": Feature(CREDENTIAL, _issue_sd_jwt, _verify_sd_jwt),
    "credential_cose": Feature(CREDENTIAL, _issue_cose, _verify_cose),
    "presentation_jose": Feature(PRESENTATION, _issue_jose, _verify_jose),
    "presentation_sdjwt": Feature(PRESENTATION, _issue_sd_jwt, _verify_sd_jwt),
    "presentation_cose": Feature(PRESENTATION, _issue_cose, _verify_cose),
}
"""The six features of the suite."""
