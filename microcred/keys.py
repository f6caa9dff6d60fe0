"""The keys of an installation: what seals them, and where else they may be, as the settings say."""

from __future__ import annotations

from issuer.db import RandomBytes
from issuer.key_files import SEALED_FILE
from issuer.keys import KeyStore
from issuer.keys_lock import (
    EncryptionKeyLock,
    Lock,
    PassphraseLock,
    create_passphrase,
    encryption_key_provider,
    passphrase_provider,
    pin_provider,
)
from issuer.keys_pkcs11 import STORE, Pkcs11Vault
from issuer.keys_pkcs11_device import Token
from issuer.keys_vault import FileVault, Vault
from issuer.settings import IssuerSettings, Pkcs11Settings
from microcred.world import World


def key_store(settings: IssuerSettings, world: World) -> KeyStore:
    """Return the key store of a home; opens nothing yet."""
    vaults: dict[str, Vault] = {SEALED_FILE: FileVault(lock(settings))}
    if settings.pkcs11 is not None:
        vaults[STORE] = Pkcs11Vault(token(settings.pkcs11))
    return KeyStore(settings.keys_directory, vaults, world.clock, settings.token_algorithm)


def lock(settings: IssuerSettings) -> Lock:
    """Return what seals key files: the key-encryption key if one is set, otherwise the passphrase."""
    encryption_key = settings.key_encryption_key or settings.key_encryption_key_file
    if encryption_key is not None:
        return EncryptionKeyLock(encryption_key_provider(encryption_key))
    return PassphraseLock(passphrase_provider(settings.key_passphrase, settings.key_passphrase_file))


def make_secret(settings: IssuerSettings, random_bytes: RandomBytes) -> None:
    """Make the file with what seals the keys, unless it is there or the settings hold the secret itself."""
    if settings.key_encryption_key_file is not None and settings.key_encryption_key is None:
        create_passphrase(settings.key_encryption_key_file, random_bytes)
    elif not settings.has_encryption_key and settings.key_passphrase is None:
        create_passphrase(settings.key_passphrase_file, random_bytes)


def token(settings: Pkcs11Settings) -> Token:
    """Return the token in the HSM that the settings name."""
    return Token(settings.module, settings.token, pin_provider(settings.pin, settings.pin_file))
