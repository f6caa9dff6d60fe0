"""The keys of an installation: what seals them, and where else they may be, as the settings say."""

from __future__ import annotations

from typing import Final

from issuer.key_files import SEALED_FILE
from issuer.keys import KeyStore
from issuer.keys_lock import (
    EncryptionKeyLock,
    Lock,
    PassphraseLock,
    encryption_key_provider,
    passphrase_provider,
)
from issuer.keys_vault import FileVault, Vault
from issuer.settings import IssuerSettings
from microcred.world import World

PKCS11: Final = "pkcs11"
"""The store of keys in an HSM."""


def key_store(settings: IssuerSettings, world: World) -> KeyStore:
    """Return the key store of a home; opens nothing yet."""
    vaults: dict[str, Vault] = {SEALED_FILE: FileVault(lock(settings))}
    return KeyStore(settings.keys_directory, vaults, world.clock, settings.token_algorithm)


def lock(settings: IssuerSettings) -> Lock:
    """Return what seals key files: the key-encryption key if one is set, otherwise the passphrase."""
    encryption_key = settings.key_encryption_key or settings.key_encryption_key_file
    if encryption_key is not None:
        return EncryptionKeyLock(encryption_key_provider(encryption_key))
    return PassphraseLock(passphrase_provider(settings.key_passphrase, settings.key_passphrase_file))
