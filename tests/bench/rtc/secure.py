"""DTLS client and SRTP of one transport (RFC 5764), independent of the server's libraries."""

import contextlib
import datetime
from typing import Any

import pylibsrtp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session

CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-SHA"
# name, libsrtp profile, key length, salt length
PROFILES = (
    ("SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    ("SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    ("SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)


class FingerprintMismatch(Exception):
    """The server's certificate is not the one its SDP named."""


class Certificate:
    """A self-signed certificate shared by every client of the process."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "generator")])
        now = datetime.datetime.now(tz=datetime.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def fingerprint(self) -> str:
        """The sha-256 fingerprint as SDP writes it."""
        return _colons(self.certificate.fingerprint(hashes.SHA256()))

    def context(self) -> SSL.Context:
        """A DTLS context that verifies by fingerprint, later."""
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        context.use_certificate(self.certificate)
        context.use_privatekey(self.key)
        context.set_cipher_list(CIPHERS)
        context.set_tlsext_use_srtp(":".join(profile[0] for profile in PROFILES).encode())
        return context


class Secure:
    """Datagrams in and out of the DTLS handshake; then packets protected and unprotected."""

    def __init__(self, context: SSL.Context, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self._ssl = SSL.Connection(context)
        self._ssl.set_connect_state()
        self._ssl.set_ciphertext_mtu(1200)
        self.profile = ""
        self.is_closed = False
        self._send: Any = None
        self._receive: Any = None

    @property
    def is_ready(self) -> bool:
        """Whether SRTP keys are there."""
        return self._send is not None

    def handshake(self, datagram: bytes | None = None) -> list[bytes]:
        """Advance by a datagram (or begin); the datagrams to send."""
        if datagram is not None:
            self._ssl.bio_write(datagram)
        if self.is_ready:
            self._read()
        else:
            try:
                self._ssl.do_handshake()
            except SSL.WantReadError:
                pass
            else:
                self._finish()
        return self._flight()

    def retransmit(self) -> list[bytes]:
        """The flight again if its timer ran out (RFC 6347 §4.2.4)."""
        if self.is_ready or self._ssl.DTLSv1_get_timeout() != 0:
            return []
        self._ssl.DTLSv1_handle_timeout()
        return self._flight()

    def close(self) -> list[bytes]:
        """The close_notify alert."""
        with contextlib.suppress(SSL.Error):
            self._ssl.shutdown()
        return self._flight()

    def protect(self, packet: bytes) -> bytes:
        """SRTP of an RTP packet."""
        protected: bytes = self._send.protect(packet)
        return protected

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of an RTCP packet."""
        protected: bytes = self._send.protect_rtcp(packet)
        return protected

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet, or None when it is not authentic or replayed."""
        return self._open(self._receive.unprotect, packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """The RTCP packet, or None when it is not authentic or replayed."""
        return self._open(self._receive.unprotect_rtcp, packet)

    # --- internals ---

    @staticmethod
    def _open(unprotect: Any, packet: bytes) -> bytes | None:
        try:
            plain: bytes = unprotect(packet)
        except (pylibsrtp.Error, ValueError):
            return None
        return plain

    def _read(self) -> None:
        try:
            self._ssl.recv(1500)
        except SSL.ZeroReturnError:
            self.is_closed = True
        except SSL.Error:
            pass

    def _flight(self) -> list[bytes]:
        datagrams = []
        with contextlib.suppress(SSL.Error):
            while True:
                datagrams.append(self._ssl.bio_read(1500))
        return datagrams

    def _finish(self) -> None:
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        assert certificate is not None
        if _colons(certificate.fingerprint(hashes.SHA256())) != self._fingerprint.upper():
            raise FingerprintMismatch(self._fingerprint)
        self.profile = self._ssl.get_selected_srtp_profile().decode()
        _, profile, key, salt = next(p for p in PROFILES if p[0] == self.profile)
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        keys = [
            material[i * key : (i + 1) * key]
            + material[2 * key + i * salt : 2 * key + (i + 1) * salt]
            for i in range(2)
        ]
        self._send = _session(keys[0], Policy.SSRC_ANY_OUTBOUND, profile)
        self._receive = _session(keys[1], Policy.SSRC_ANY_INBOUND, profile)


def _session(key: bytes, direction: int, profile: int) -> Any:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = 1024
    return Session(policy)


def _colons(digest: bytes) -> str:
    return ":".join(f"{byte:02X}" for byte in digest)
