"""SRTP and SRTCP: AES-GCM on a lean path, CM-SHA1-80 through libsrtp (RFC 3711, RFC 7714)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pylibsrtp import Error as LibsrtpError
from pylibsrtp import Policy, Session

from media.rtp.replay import RtcpReplayWindow

TAG_BYTES = 16
SRTCP_TRAILER_BYTES = TAG_BYTES + 4
_ENCRYPTED = 0x80000000
_LIBSRTP_OUT_MAX = 1356  # pylibsrtp's buffer less its trailer
_LIBSRTP_WINDOW = 1024
_LABEL_BYTE = 7
_RTCP_SENDERS_MAX = 128
_RTP_KEY, _RTP_SALT, _RTCP_KEY, _RTCP_SALT = 0, 2, 3, 5


@dataclass(frozen=True, slots=True)
class Profile:
    """An SRTP protection profile as DTLS names it (RFC 5764 §4.1.2)."""

    name: bytes
    key_bytes: int
    salt_bytes: int

    @property
    def is_gcm(self) -> bool:
        """Whether the lean path serves it."""
        return self.salt_bytes == 12


AES_256_GCM = Profile(b"SRTP_AEAD_AES_256_GCM", 32, 12)
AES_128_GCM = Profile(b"SRTP_AEAD_AES_128_GCM", 16, 12)
AES_128_CM_SHA1_80 = Profile(b"SRTP_AES128_CM_SHA1_80", 16, 14)
PROFILES = (AES_128_GCM, AES_256_GCM, AES_128_CM_SHA1_80)  # in order of preference


class SrtpError(Exception):
    """The packet is not authentic, was replayed or does not fit."""


class Receiver(Protocol):
    """Opens what one peer sends."""

    def open_rtp(self, packet: memoryview, length: int, ssrc: int, index: int) -> bytes:
        """The payload of a packet whose header has this length; raises SrtpError."""

    def open_rtcp(self, packet: memoryview) -> bytes:
        """The plain compound; raises SrtpError."""


class Sender(Protocol):
    """Seals what goes to one peer, into the caller's buffer."""

    def salted(self, ssrc: int) -> int:
        """What `seal_rtp` wants XORed with the packet index for this stream."""

    def seal_rtp(self, header: bytes, payload: bytes, nonce: int, into: memoryview) -> int:
        """Bytes written; raises SrtpError when it does not fit."""

    def seal_rtcp(self, compound: bytes) -> bytes:
        """The protected compound."""


EncryptInto = Callable[[bytes, bytes, bytes, memoryview], int]


def sessions(profile: Profile, material: bytes) -> tuple[Receiver, Sender]:
    """Our receiver and sender as DTLS server, from exported keying material (RFC 5764 §4.2)."""
    key, salt = profile.key_bytes, profile.salt_bytes
    client_key, server_key = material[:key], material[key : 2 * key]
    salts = material[2 * key : 2 * (key + salt)]
    if profile.is_gcm:
        return GcmReceiver(client_key, salts[:salt]), GcmSender(server_key, salts[salt:])
    return (
        LibsrtpReceiver(client_key + salts[:salt]),
        LibsrtpSender(server_key + salts[salt:]),
    )


def _derive(key: bytes, salt: bytes, label: int, size: int) -> bytes:
    """The AES-CM key derivation with a 96-bit salt (RFC 3711 §4.3.3, RFC 7714 §11)."""
    counter = bytearray(salt + bytes(16 - len(salt)))
    counter[_LABEL_BYTE] ^= label
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(counter))).encryptor()
    return encryptor.update(bytes(size))


class _GcmKeys:
    def __init__(self, key: bytes, salt: bytes) -> None:
        size = len(key)
        self.rtp = AESGCM(_derive(key, salt, _RTP_KEY, size))
        self.rtp_salt = int.from_bytes(_derive(key, salt, _RTP_SALT, 12), "big")
        self.rtcp = AESGCM(_derive(key, salt, _RTCP_KEY, size))
        self.rtcp_salt = int.from_bytes(_derive(key, salt, _RTCP_SALT, 12), "big")

    def rtcp_nonce(self, ssrc: int, index: int) -> bytes:
        return ((ssrc << 48 | index) ^ self.rtcp_salt).to_bytes(12, "big")


class GcmReceiver:
    """AES-GCM towards us; the caller estimates RTP indices and keeps their replay window."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._keys = _GcmKeys(key, salt)
        self._decrypt = self._keys.rtp.decrypt
        self._salt = self._keys.rtp_salt
        self._rtcp_windows: dict[int, RtcpReplayWindow] = {}  # by SSRC

    def open_rtp(self, packet: memoryview, length: int, ssrc: int, index: int) -> bytes:
        """The payload of a packet whose header has this length; raises SrtpError."""
        nonce = ((ssrc << 48 | index) ^ self._salt).to_bytes(12, "big")
        try:
            return self._decrypt(nonce, packet[length:], packet[:length])
        except InvalidTag as error:
            raise SrtpError("RTP packet is not authentic") from error

    def open_rtcp(self, packet: memoryview) -> bytes:
        """The plain compound; raises SrtpError."""
        if len(packet) < 8 + SRTCP_TRAILER_BYTES:
            raise SrtpError("RTCP packet is cut short")
        ssrc = int.from_bytes(packet[4:8], "big")
        trailer = packet[-4:]
        word = int.from_bytes(trailer, "big")
        index = word & ~_ENCRYPTED
        window = self._rtcp_windows.get(ssrc) or RtcpReplayWindow()
        if not word & _ENCRYPTED or not window.is_new(index):
            raise SrtpError("RTCP packet is in clear or replayed")
        head = bytes(packet[:8])
        try:
            body = self._keys.rtcp.decrypt(
                self._keys.rtcp_nonce(ssrc, index), packet[8:-4], head + trailer
            )
        except InvalidTag as error:
            raise SrtpError("RTCP packet is not authentic") from error
        if ssrc not in self._rtcp_windows and len(self._rtcp_windows) >= _RTCP_SENDERS_MAX:
            raise SrtpError("peer has too many RTCP senders")
        window.accept(index)
        self._rtcp_windows[ssrc] = window
        return head + body


class GcmSender:
    """AES-GCM from us; one RTCP index for all streams."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._keys = _GcmKeys(key, salt)
        self.encrypt_into: EncryptInto = self._keys.rtp.encrypt_into
        self._rtcp_index = 0

    def salted(self, ssrc: int) -> int:
        """What `seal_rtp` wants XORed with the packet index for this stream."""
        return ssrc << 48 ^ self._keys.rtp_salt

    def seal_rtp(self, header: bytes, payload: bytes, nonce: int, into: memoryview) -> int:
        """Bytes written."""
        length = len(header)
        size = length + len(payload) + TAG_BYTES
        into[:length] = header
        self.encrypt_into(nonce.to_bytes(12, "big"), payload, header, into[length:size])
        return size

    def seal_rtcp(self, compound: bytes) -> bytes:
        """The protected compound."""
        self._rtcp_index += 1
        trailer = struct.pack("!I", _ENCRYPTED | self._rtcp_index)
        head = compound[:8]
        nonce = self._keys.rtcp_nonce(int.from_bytes(head[4:], "big"), self._rtcp_index)
        return head + self._keys.rtcp.encrypt(nonce, compound[8:], head + trailer) + trailer


def _libsrtp(key: bytes, direction: int) -> Session:
    policy = Policy(
        key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    )
    policy.allow_repeat_tx = True
    policy.window_size = _LIBSRTP_WINDOW
    return Session(policy)


class LibsrtpReceiver:
    """AES-CM with SHA-1 towards us; libsrtp keeps index and window as well."""

    def __init__(self, key: bytes) -> None:
        self._session = _libsrtp(key, Policy.SSRC_ANY_INBOUND)

    def open_rtp(self, packet: memoryview, length: int, ssrc: int, index: int) -> bytes:
        """The payload of a packet whose header has this length; raises SrtpError."""
        return self._open(self._session.unprotect, packet)[length:]

    def open_rtcp(self, packet: memoryview) -> bytes:
        """The plain compound; raises SrtpError."""
        return self._open(self._session.unprotect_rtcp, packet)

    @staticmethod
    def _open(unprotect: Callable[[bytes], bytes], packet: memoryview) -> bytes:
        try:
            return unprotect(bytes(packet))
        except (LibsrtpError, TypeError, ValueError) as error:
            raise SrtpError(str(error)) from error


class LibsrtpSender:
    """AES-CM with SHA-1 from us."""

    def __init__(self, key: bytes) -> None:
        self._session = _libsrtp(key, Policy.SSRC_ANY_OUTBOUND)

    def salted(self, ssrc: int) -> int:
        """Nothing: libsrtp derives its own nonce."""
        return 0

    def seal_rtp(self, header: bytes, payload: bytes, nonce: int, into: memoryview) -> int:
        """Bytes written; raises SrtpError when libsrtp refuses it."""
        if len(header) + len(payload) > _LIBSRTP_OUT_MAX:
            raise SrtpError("packet is too large for libsrtp")
        try:
            packet: bytes = self._session.protect(header + payload)
        except LibsrtpError as error:
            raise SrtpError(str(error)) from error
        into[: len(packet)] = packet
        return len(packet)

    def seal_rtcp(self, compound: bytes) -> bytes:
        """The protected compound."""
        protected: bytes = self._session.protect_rtcp(compound)
        return protected
