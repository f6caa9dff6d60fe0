"""`microcred keys`: make, show, rotate and retire signing keys, and change what seals them."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from issuer.errors import PassphraseError
from issuer.key_files import SEALED_FILE
from issuer.keys import ANNOUNCED, KeyInfo, Order
from issuer.keys_desk import ANNOUNCED_FOR
from issuer.keys_export import FORMS, exported
from issuer.keys_kinds import DEFAULT_KIND, KINDS
from issuer.keys_lock import (
    EncryptionKeyLock,
    Lock,
    PassphraseLock,
    create_passphrase,
    encryption_key_provider,
    passphrase_provider,
)
from issuer.keys_pkcs11 import STORE
from issuer.keys_rsa import DEFAULT_BITS, SIZES
from issuer.lms_work.sealing import Vault
from issuer.settings import ENCRYPTION_KEY_FILE, PASSPHRASE_FILE, TOKEN_ALGORITHM
from microcred.cli import keys_compromise
from microcred.cli.context import Context, add_actor
from microcred.keys import lock
from microcred.platforms import platforms
from openbadge import timestamps
from openbadge.multikey import key_type

STORES: Final = (SEALED_FILE, STORE)


def add(commands: Any) -> None:
    """Add the command to the program's parser."""
    keys = commands.add_parser("keys").add_subparsers(dest="action", required=True)
    new = keys.add_parser("new", help="make a key that signs from now on")
    _add_kind(new)
    new.add_argument("--bits", type=int, choices=SIZES, help=f"size of an RSA key (default: {DEFAULT_BITS})")
    new.add_argument("--store", default=SEALED_FILE, choices=STORES, help="where its secret is (default: %(default)s)")
    rotate = keys.add_parser("rotate", help="make a key that takes over once verifiers know it")
    _add_kind(rotate)
    minutes = int(ANNOUNCED_FOR / timedelta(minutes=1))
    rotate.add_argument("--after", type=int, default=minutes, metavar="MINUTES", help="default: %(default)s; 0 is now")
    retire = keys.add_parser("retire", help="take a key out of use; what it signed stays good")
    retire.add_argument("name", metavar="NAME")
    reseal = keys.add_parser("reseal", help="change the passphrase of all keys, or what else seals them")
    files = reseal.add_mutually_exclusive_group()
    files.add_argument("--passphrase-file", metavar="FILE", type=Path, help="made if it is not there")
    files.add_argument("--encryption-key-file", metavar="FILE", type=Path, help="made if it is not there")
    for parser, run in ((new, _new), (rotate, _rotate), (retire, _retire), (reseal, _reseal)):
        add_actor(parser)
        parser.set_defaults(run=run)
    listing = keys.add_parser("list", help="show all keys")
    listing.add_argument("--json", action="store_true", help="print one JSON array")
    listing.set_defaults(run=_list)
    export = keys.add_parser("export-public", help="print a public key, or the whole DID document")
    export.add_argument("name", metavar="NAME", nargs="?", help="default: all that the institution has")
    export.add_argument("--form", choices=list(FORMS), default="did", help="default: %(default)s")
    export.add_argument("--out", metavar="FILE", type=Path)
    export.set_defaults(run=_export)
    keys_compromise.add(keys)


def _add_kind(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--algorithm", default=DEFAULT_KIND, choices=list(KINDS), help="RSA: for tokens only")


def _new(args: argparse.Namespace, context: Context) -> int:
    installation = context.installation()
    key = installation.key_desk().new(Order(args.algorithm, args.bits, args.store), args.by)
    context.say(f"Made {key.name}. {key.controller} publishes it as")
    context.say(f"  {key.verification_method}")
    context.say(f"  {next(iter(key.public_form.values()))}")
    context.say(_use(key.algorithm, installation.keys.token_algorithm))
    return 0


def _use(algorithm: str, for_tokens: str) -> str:
    """Say what an institution's key of this kind signs."""
    uses = [
        *(["credentials"] if algorithm == DEFAULT_KIND else []),
        *(["tokens"] if algorithm == for_tokens else []),
    ]
    if uses:
        return f"It signs {' and '.join(uses)} from now on."
    name = key_type(algorithm).jose_algorithm
    return f"It signs nothing yet: {TOKEN_ALGORITHM.name}={name} has it sign the token form of credentials."


def _rotate(args: argparse.Namespace, context: Context) -> int:
    old, new = context.installation().key_desk().rotate(args.algorithm, args.by, timedelta(minutes=args.after))
    context.say(f"Made {new.name}, published as")
    context.say(f"  {new.verification_method}")
    if new.state == ANNOUNCED:
        context.say(f"It takes over from {old.name} at {timestamps.write(new.starts)}; nothing need be restarted.")
    else:
        context.say(f"It has taken over from {old.name}; nothing need be restarted.")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    keys = context.installation().key_desk().every()
    if args.json:
        context.say_json([_shape(key) for key in keys])
    else:
        heads = ("NAME", "ALGORITHM", "STORE", "STATE", "SIGNS FROM", "UNTIL")
        rows = [(key.name, key.algorithm, key.store, key.state, *_interval(key)) for key in keys]
        context.say_table(heads, rows)
    return 0


def _retire(args: argparse.Namespace, context: Context) -> int:
    key = context.installation().key_desk().retire(args.name, args.by)
    context.say(f"{key.name} no longer signs. What it signed stays good.")
    return 0


def _reseal(args: argparse.Namespace, context: Context) -> int:
    installation, random_bytes = context.installation(), context.world.random_bytes
    settings = installation.settings
    own = settings.key_passphrase_file
    path: Path = args.passphrase_file or args.encryption_key_file or own.with_name(f"{own.name}.new")
    replaces = args.passphrase_file is None and args.encryption_key_file is None
    if replaces and (settings.key_passphrase is not None or settings.has_encryption_key):
        raise PassphraseError("Say what is to seal the keys: --passphrase-file FILE or --encryption-key-file FILE.")
    create_passphrase(path, random_bytes)
    new, kind, setting = _new_lock(args, path)
    resealed = installation.key_desk().reseal(lock(settings), new, kind, args.by)
    connections = platforms(installation.service(), context.world).connections.reseal(Vault(new), args.by)
    if replaces:
        path.replace(own)
    context.say(f"Sealed with the new {kind}: {len(resealed.done)} keys, and {len(resealed.before)} were before.")
    context.say(f"So are the secrets of {connections} connections.")
    for name in resealed.left:
        context.say(f"Left as it was, since nothing here opens it: {name}, which no longer signs.")
    context.say(f"{own} is replaced." if replaces else f"Now set {setting}={path} and start the service again.")
    return 0


def _new_lock(args: argparse.Namespace, path: Path) -> tuple[Lock, str, str]:
    if args.encryption_key_file is not None:
        return EncryptionKeyLock(encryption_key_provider(path)), "key-encryption key", ENCRYPTION_KEY_FILE.name
    return PassphraseLock(passphrase_provider(None, path)), "passphrase", PASSPHRASE_FILE.name


def _export(args: argparse.Namespace, context: Context) -> int:
    installation = context.installation()
    desk = installation.key_desk()
    text = exported(args.form, installation.institution().did, desk.published(), args.name)
    if args.out is None:
        context.say(text)
    else:
        args.out.write_text(text + "\n", "utf-8")
        context.say(str(args.out))
    return 0


def _interval(key: KeyInfo) -> tuple[str, str]:
    return timestamps.write(key.starts), "" if key.ends is None else timestamps.write(key.ends)


def _shape(key: KeyInfo) -> dict[str, Any]:
    starts, ends = _interval(key)
    shape = {
        "name": key.name,
        "verificationMethod": key.verification_method,
        "algorithm": key.algorithm,
        **key.public_form,
        "store": key.store,
        "state": key.state,
        "created": timestamps.write(key.created),
        "since": timestamps.write(key.since),
        "validFrom": starts,
        "validUntil": ends or None,
    }
    return shape if key.compromised is None else {**shape, "compromised": timestamps.write(key.compromised)}
