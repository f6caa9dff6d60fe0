"""`microcred issuers`: issuer profiles of the VC-API, each with a key and a cryptosuite of its own."""

from __future__ import annotations

import argparse
from typing import Any

from issuer.model.profile import IssuerProfile
from issuer.profiles import CRYPTOSUITES, KEY_TYPES, Profiles
from microcred.cli.context import Context, add_actor
from openbadge import did, timestamps


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    noun = commands.add_parser("issuers")
    actions = noun.add_subparsers(dest="action", required=True)
    new = actions.add_parser(
        "add", help="make a profile with a new key; its issuer id is that key, as did:key or (RSA) did:jwk"
    )
    new.add_argument("--profile", required=True, metavar="NAME", help="its name in addresses")
    new.add_argument("--cryptosuite", required=True, choices=list(CRYPTOSUITES), help="vc+jwt: in an envelope")
    new.add_argument("--key-type", required=True, choices=KEY_TYPES)
    new.add_argument("--status", action="store_true", help="what it issues can be revoked")
    add_actor(new)
    new.set_defaults(run=_add)
    listing = actions.add_parser("list", help="show all profiles")
    listing.set_defaults(run=_list)
    for parser in (new, listing):
        parser.add_argument("--json", action="store_true", help="print JSON")


def _add(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    profile = Profiles(service).add(args.profile, args.cryptosuite, args.key_type, args.by, with_status=args.status)
    shape = _shape(profile, service.addresses.base_url)
    if args.json:
        context.say_json(shape)
    else:
        context.say(f"{profile.name} issues as {profile.did}")
        context.say(f"  POST {shape['endpoint']}   (with MICROCRED_VC_API=on)")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    found = Profiles(service).every()
    if args.json:
        context.say_json([_shape(profile, service.addresses.base_url) for profile in found])
    else:
        rows = [
            (item.name, item.cryptosuite, item.key_type, "yes" if item.with_status else "", item.did) for item in found
        ]
        context.say_table(("PROFILE", "CRYPTOSUITE", "KEY", "STATUS", "ID"), rows)
    return 0


def _shape(profile: IssuerProfile, base_url: str) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "id": profile.did,
        "verificationMethod": did.own_method_id(profile.did),
        "cryptosuite": profile.cryptosuite,
        "keyType": profile.key_type,
        "status": profile.with_status,
        "endpoint": f"{base_url}/issuers/{profile.name}/credentials/issue",
        "createdAt": timestamps.write(profile.created_at),
    }
