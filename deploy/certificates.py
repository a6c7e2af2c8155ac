"""A local certificate authority and the server's TLS certificate, kept in one folder.

A certificate that the local authority did not issue is the hospital's own: it is never replaced.
"""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.progress import SetupError

AUTHORITY_NAME = "Guardline local authority"
AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # the longest that browsers accept without remark
RENEW_DAYS = 30
BACKDATED = timedelta(hours=1)  # clients' clocks may be behind ours


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the authority and the server keep their certificates and keys."""

    path: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate, to be trusted by browsers."""
        return self.path / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """The authority's private key."""
        return self.path / "ca.key"

    @property
    def server(self) -> Path:
        """The server's certificate, followed by its chain."""
        return self.path / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's private key."""
        return self.path / "server.key"


def ensure(folder: Folder, hosts: Sequence[str], now: datetime) -> bool:
    """Make or renew what is missing, near its end or lacks a host; tell whether it changed."""
    if folder.server.exists() and not is_local(folder):
        return False
    authority_is_new = _ensure_authority(folder, now)
    if not authority_is_new and _serves(folder, hosts, now):
        return False
    _issue_server(folder, hosts, now)
    return True


def is_local(folder: Folder) -> bool:
    """Tell whether the server's certificate was issued by the authority of this folder."""
    if not folder.authority.exists():
        return False
    try:
        _load(folder.server).verify_directly_issued_by(_load(folder.authority))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def install(folder: Folder, certificate: Path, key: Path, now: datetime) -> list[str]:
    """Put the hospital's own chain and key in place; return the names it covers."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise SetupError(f"not a PEM certificate with its unencrypted key: {error}") from error
    if chain[0].public_key() != private.public_key():
        raise SetupError(f"{key} is not the key of {certificate}")
    if not chain[0].not_valid_before_utc <= now < chain[0].not_valid_after_utc:
        raise SetupError(f"{certificate} is not valid today")
    pem = serialization.Encoding.PEM
    _write(folder.server, b"".join(item.public_bytes(pem) for item in chain), 0o644)
    _write(folder.server_key, _private_bytes(private), 0o600)
    return hosts_of(chain[0])


def expiry(folder: Folder) -> datetime:
    """Return when the server's certificate ends (UTC)."""
    return _load(folder.server).not_valid_after_utc


def served_hosts(folder: Folder) -> list[str]:
    """Return the names and addresses that the server's certificate covers."""
    return hosts_of(_load(folder.server))


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a certificate as people compare it."""
    return _load(certificate).fingerprint(hashes.SHA256()).hex(":").upper()


def hosts_of(certificate: x509.Certificate) -> list[str]:
    """Return the names and addresses that a certificate covers."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    names = found.get_values_for_type(x509.DNSName)
    return [*names, *map(str, found.get_values_for_type(x509.IPAddress))]


def _serves(folder: Folder, hosts: Sequence[str], now: datetime) -> bool:
    if not (folder.server.exists() and folder.server_key.exists()):
        return False
    if expiry(folder) - now < timedelta(days=RENEW_DAYS):
        return False
    return set(hosts) <= set(served_hosts(folder))


def _ensure_authority(folder: Folder, now: datetime) -> bool:
    if folder.authority.exists() and folder.authority_key.exists():
        remaining = _load(folder.authority).not_valid_after_utc - now
        if remaining > timedelta(days=SERVER_DAYS):
            return False
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY_NAME)])
    builder = _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    _write(folder.authority_key, _private_bytes(key), 0o600)
    _write(folder.authority, _pem(builder.sign(key, hashes.SHA256())), 0o644)
    return True


def _issue_server(folder: Folder, hosts: Sequence[str], now: datetime) -> None:
    authority = _load(folder.authority)
    signer = serialization.load_pem_private_key(folder.authority_key.read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise SetupError(f"{folder.authority_key} is not an elliptic-curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = (
        _builder(name, authority.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(_general_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    certificate = builder.sign(signer, hashes.SHA256())
    _write(folder.server_key, _private_bytes(key), 0o600)
    _write(folder.server, _pem(certificate) + _pem(authority), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [_general_name(host) for host in hosts]


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private_bytes(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replace a file at once, never readable by others in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    fresh.replace(path)
