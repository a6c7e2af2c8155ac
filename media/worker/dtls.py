"""DTLS 1.2 as the server, without IO (RFC 5764): datagrams in, datagrams and keys out."""

import datetime
import hmac
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from media.worker.srtp import PROFILES, Profile

CERTIFICATE_DAYS = 365
DATAGRAM_MAX = 1200
_BIO_BYTES = 65536
_EXPORT_LABEL = b"EXTRACTOR-dtls_srtp"
_CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    b"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
)
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


class DtlsError(Exception):
    """The handshake failed or the peer closed."""


class Identity:
    """The worker's certificate and the context shared by its connections."""

    def __init__(self, today: datetime.datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(key, today)
        self.fingerprint = "sha-256 " + _fingerprint(certificate, "sha-256")
        self.context = _context(certificate, key)


def _certificate(key: ec.EllipticCurvePrivateKey, today: datetime.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "media")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=CERTIFICATE_DAYS))
        .sign(key, hashes.SHA256())
    )


def _context(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_options(
        SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE
        | SSL.OP_NO_QUERY_MTU
    )  # fmt: skip
    # Peers have self-signed certificates: the fingerprint from signalling is what proves them.
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(_CIPHERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_tlsext_use_srtp(b":".join(profile.name for profile in PROFILES))
    return context


def _fingerprint(certificate: x509.Certificate, algorithm: str) -> str:
    return certificate.fingerprint(_DIGESTS[algorithm]).hex(":").upper()


class DtlsServer:
    """One peer's handshake and, after it, its close alert."""

    def __init__(self, identity: Identity) -> None:
        self._connection = SSL.Connection(identity.context)
        self._connection.set_accept_state()
        self._connection.set_ciphertext_mtu(DATAGRAM_MAX)
        self.is_done = False

    def receive(self, datagram: bytes) -> list[bytes]:
        """Datagrams to send in answer; raises DtlsError when it failed or the peer closed."""
        self._connection.bio_write(datagram)
        try:
            if self.is_done:
                self._connection.recv(_BIO_BYTES)
            else:
                self._connection.do_handshake()
                self.is_done = True
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError as error:
            raise DtlsError("closed by the peer") from error
        except SSL.Error as error:
            if not self.is_done:
                raise DtlsError("handshake failed") from error
        return self._pending()

    def timeout(self) -> float | None:
        """Seconds until `retransmit` is due, None when nothing waits."""
        return self._connection.DTLSv1_get_timeout()

    def retransmit(self) -> list[bytes]:
        """The last flight again, if it is due (RFC 6347 §4.2.4)."""
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            raise DtlsError("handshake timed out") from error
        return self._pending()

    def close(self) -> list[bytes]:
        """The close alert."""
        if not self.is_done:
            return []
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._pending()

    def _pending(self) -> list[bytes]:
        """The BIO keeps no boundaries: DTLS records tell where datagrams may be cut."""
        try:
            data = self._connection.bio_read(_BIO_BYTES)
        except SSL.WantReadError:
            return []
        return _datagrams(data)

    def is_peer(self, fingerprints: Sequence[tuple[str, str]]) -> bool:
        """Whether the peer's certificate matches every known fingerprint, at least one."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        known = [(name.lower(), value) for name, value in fingerprints if name.lower() in _DIGESTS]
        return (
            certificate is not None
            and bool(known)
            and all(
                hmac.compare_digest(_fingerprint(certificate, name), value.upper())
                for name, value in known
            )
        )

    def export(self) -> tuple[Profile, bytes]:
        """The SRTP profile and its keying material; raises DtlsError without a profile."""
        selected = self._connection.get_selected_srtp_profile()
        for profile in PROFILES:
            if profile.name == selected:
                size = 2 * (profile.key_bytes + profile.salt_bytes)
                return profile, self._connection.export_keying_material(_EXPORT_LABEL, size)
        raise DtlsError("no SRTP profile in common")


def _datagrams(data: bytes) -> list[bytes]:
    result: list[bytes] = []
    current = b""
    position = 0
    while position + 13 <= len(data):
        end = position + 13 + int.from_bytes(data[position + 11 : position + 13], "big")
        if current and len(current) + end - position > DATAGRAM_MAX:
            result.append(current)
            current = b""
        current += data[position:end]
        position = end
    return [*result, current] if current else result
