"""The server's seal on papers: a signature by pyHanko with a self-signed key of its own.

It shows that a file left this server unchanged; it is not a person's qualified signature.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from server.services.ports.clock import Clock

if TYPE_CHECKING:  # slow: not at each start
    from pyhanko.sign import signers

LIFETIME = timedelta(days=20 * 365)


class FileSeal:
    """Key and certificate in one PEM file that only its owner reads, made at first use."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._signer: signers.SimpleSigner | None = None

    def __call__(self, pdf: bytes) -> bytes:
        """The same file with a seal; blocking."""
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign import signers

        meta = signers.PdfSignatureMetadata(field_name="Seal", name="Guardline")
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        sealed = signers.sign_pdf(writer, meta, signer=self._loaded())
        return bytes(sealed.getvalue())

    def _loaded(self) -> signers.SimpleSigner:
        from pyhanko.sign import signers

        if self._signer is None:
            if not self._path.exists():
                _make(self._path, self._clock.now())
            path = str(self._path)
            self._signer = signers.SimpleSigner.load(path, path)  # type: ignore[no-untyped-call]
        if self._signer is None:
            raise RuntimeError("the seal's key cannot be read")
        return self._signer


def _make(path: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Guardline seal")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _store(path, secret + certificate.public_bytes(Encoding.PEM))


def _store(path: Path, pem: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(handle)
    with suppress(FileExistsError):
        os.link(draft, path)  # of two processes that start at once, one wins, whole
    os.unlink(draft)
