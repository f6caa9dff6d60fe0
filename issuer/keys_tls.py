"""A certificate that the service makes for itself, for tests on the own machine. Browsers warn of it, rightly."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from issuer.key_files import write_private

VALIDITY: Final = timedelta(days=90)
"""Long enough for a test environment, short enough that nobody relies on it."""
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")


def self_signed(folder: Path, host: str, now: datetime) -> tuple[Path, Path]:
    """Make a certificate for `host` and this machine's own names; return the paths of certificate and key (PEM).

    Both are made anew at every call: a test environment needs no continuity. The key file is mode 0600.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    names = dict.fromkeys((host, *LOCAL_NAMES))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "tls" / "certificate.pem", folder / "tls" / "key.pem"
    write_private(key_path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_private(certificate_path, certificate.public_bytes(Encoding.PEM))
    return certificate_path, key_path


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
