"""What `microcred doctor` asks about keys: are they there, do they sign, are they published, do they grow old."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from issuer import keys_register
from issuer.addresses import is_loopback
from issuer.checkpoints import Checkpoints
from issuer.errors import IntegrityError, KeyStoreError
from issuer.jobs.upkeep import KEY_AGE, KEY_WARNING
from issuer.keys import ACTIVE, ANNOUNCED, Signer
from issuer.keys_pkcs11 import STORE, Pkcs11Vault
from issuer.model.keys import LOST
from issuer.store import checkpoints
from issuer.store import keys as store
from microcred.installation import Installation
from openbadge import did
from openbadge.errors import OpenBadgeError
from openbadge.multikey import key_type
from openbadge.vocabulary import ASSERTION_METHOD, MEDIA_DID
from verifier.settings import VerifierSettings

CHECKPOINT_AGE: Final = timedelta(hours=3)
"""Age of an entry that no checkpoint proves from which on something is wrong: they are made hourly."""
_TRIAL: Final = b"microcred doctor"

Question = tuple[str, Callable[[], str]]


def questions(installation: Installation) -> Iterator[Question]:
    """Yield what is asked, each with a function that answers or raises why not."""
    yield "key files", lambda: _files(installation)
    yield "signing key", lambda: _signs(installation.service().signing.issuance().signer)
    yield "key for tokens", lambda: _token_key(installation)
    if installation.settings.pkcs11 is not None:
        yield "HSM", lambda: _hsm(installation)
    yield "DID document", lambda: _document(installation)
    yield "audit log", lambda: str(Checkpoints(installation.service()).prove())


def warnings(installation: Installation) -> Iterator[str]:
    """Yield a sentence for each thing that somebody should look after soon."""
    now = installation.world.clock()
    for key in installation.keys.list():
        if key.state == ACTIVE and now - key.created >= KEY_AGE - KEY_WARNING:
            yield f"The key {key.name} signs since {key.starts:%Y-%m-%d}: `microcred keys rotate`, see keys/README.md."
    for path in _secrets(installation):
        if path.exists() and path.stat().st_mode & 0o077:
            yield f"Others can read {path}, which opens the signing keys. Run `chmod 600` on it."
    with installation.database.begin_read() as tx:
        newest = checkpoints.latest(tx)
        unproven = checkpoints.entry(tx, 1 if newest is None else newest.seq + 1)
    if unproven is not None and now - unproven.at > CHECKPOINT_AGE:
        yield "The audit log has had no checkpoint for a while: let jobs run, or run `microcred audit checkpoint`."


def _files(installation: Installation) -> str:
    files, institution = installation.keys.folder.read(), installation.institution()
    with installation.database.begin_read(institution.id) as tx:
        records = store.every(tx)
    for file in files:
        if file.name not in records:
            raise IntegrityError(
                f"The key “{file.name}” is not on record yet; `microcred serve` and any change to keys put it there. "
                "If nobody here made it, somebody else wrote it."
            )
        keys_register.check_same(file, records[file.name])
    usable = (ACTIVE, ANNOUNCED)
    lost = [key.name for key in installation.key_desk().every() if key.store == LOST and key.state in usable]
    if lost:
        raise KeyStoreError(f"The file of the key “{lost[0]}” is lost: restore it, or run `microcred keys new`.")
    return f"{len(files)}, for nobody else to read, all on record"


def _signs(signer: Signer) -> str:
    signer.public_key.verify(signer.sign(_TRIAL), _TRIAL)
    return signer.verification_method


def _token_key(installation: Installation) -> str:
    signer = installation.service().signing.token_signer()
    return f"{key_type(signer.algorithm).jose_algorithm}, {_signs(signer)}"


def _hsm(installation: Installation) -> str:
    vault = installation.keys.vaults[STORE]
    if not isinstance(vault, Pkcs11Vault):
        raise KeyStoreError("The store of keys in an HSM is not one.")
    return f"{vault.reach()} is there, and the PIN is right"


def _document(installation: Installation) -> str:
    service = installation.service()
    document = service.signing.did_document()
    for signer in (service.signing.issuance().signer, service.signing.token_signer()):
        _check_listed(document, service.institution.did, signer)
    count = len(document["verificationMethod"])
    url = did.did_web_url(service.institution.did)
    if is_loopback(urlsplit(url).hostname):
        return (
            f"{len(document['verificationMethod'])} keys; not looked at from outside, since it is of this machine only"
        )
    published = _fetched(installation, url)
    if _keys(published) != _keys(document):
        raise IntegrityError(f"{url} publishes other keys than there are: something old or foreign answers there.")
    return f"{count} keys, as {url} says them"


def _check_listed(document: Mapping[str, Any], issuer: str, signer: Signer) -> None:
    method = did.find_method(document, issuer, signer.verification_method, ASSERTION_METHOD)
    if method.key != signer.public_key or method.revoked is not None:
        raise IntegrityError(f"The DID document does not list the key {signer.verification_method} as it is.")


def _fetched(installation: Installation, url: str) -> Mapping[str, Any]:
    world = installation.world
    try:
        answer = world.network(VerifierSettings.read(world.environ)).fetch(url, MEDIA_DID)
        published = json.loads(answer.body)
    except OpenBadgeError as error:
        raise KeyStoreError(f"{url}, where everybody looks for the keys, cannot be read: {error.detail}") from None
    except ValueError:
        published = None
    if not isinstance(published, dict):
        raise KeyStoreError(f"{url}, where everybody looks for the keys, is no DID document.")
    return published


def _keys(document: Mapping[str, Any]) -> list[Any]:
    return [document.get(member) for member in ("id", "verificationMethod", ASSERTION_METHOD)]


def _secrets(installation: Installation) -> Iterator[Path]:
    settings = installation.settings
    if not settings.has_encryption_key and settings.key_passphrase is None:
        yield settings.key_passphrase_file
    if settings.key_encryption_key is None and settings.key_encryption_key_file is not None:
        yield settings.key_encryption_key_file
    if settings.pkcs11 is not None and settings.pkcs11.pin is None:
        yield settings.pkcs11.pin_file
