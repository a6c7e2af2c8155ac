"""E-mail to a real SMTP server: what arrives, and what each refusal means."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from server.adapters import mail
from server.adapters.mail import SmtpCarrier
from server.adapters.setting_values import MailSecurity
from server.domain.contact_methods import Kind
from server.domain.webhooks import Outcome
from server.services.ports.contacts import Letter
from tests.servers.mail import mail_server
from tests.servers.process import free_port

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LETTER = Letter(
    "0199-1",
    Kind.EMAIL,
    "rita@hospital.example",
    "Demande de garde : URGENCE VITALE, scanner crâne",
    "Demande de garde : URGENCE VITALE. Ouvrez Guardline : https://hub.example/guard/requests/1",
    "https://hub.example/guard/requests/1",
    "fr",
    NOW,
    is_urgent=True,
)
SENDER = "guardline@hospital.example"


def plain(port: int) -> SmtpCarrier:
    return SmtpCarrier("127.0.0.1", port, SENDER, security=MailSecurity.NONE)


async def test_what_arrives_says_who_what_and_how_urgent() -> None:
    async with mail_server() as server:
        outcome = await plain(server.port).carry(LETTER)
    assert outcome.is_success
    [(recipients, got)] = server.taken
    assert recipients == [LETTER.to]
    assert got["From"] == f"Guardline <{SENDER}>"
    assert got["To"] == LETTER.to
    assert got["Subject"] == LETTER.subject
    assert got["Message-ID"] == "<0199-1@hospital.example>"
    assert got["Date"].datetime == NOW
    assert (got["Importance"], got["Auto-Submitted"]) == ("high", "auto-generated")
    assert got.get_content().strip() == LETTER.text


async def test_a_refused_recipient_is_told_apart_from_a_busy_server() -> None:
    async with mail_server() as server:
        server.replies = {"gone@x.example": "550 no such user", "busy@x.example": "451 later"}
        carrier = plain(server.port)
        gone = await carrier.carry(replace(LETTER, to="gone@x.example"))
        busy = await carrier.carry(replace(LETTER, to="busy@x.example"))
    assert (gone.status, busy.status) == (550, 451)
    assert server.taken == []


async def test_nobody_there_is_an_outcome() -> None:
    outcome = await plain(free_port()).carry(LETTER)
    assert outcome.status is None
    assert outcome.error


async def test_a_server_that_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_S", 0.2)
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await plain(port).carry(LETTER)
    for writer in held:
        writer.close()
    server.close()
    await server.wait_closed()
    assert (outcome.status, outcome.error) == (None, "timeout")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def secure(port: int, password: str = "right") -> SmtpCarrier:
    return SmtpCarrier("127.0.0.1", port, SENDER, user="guardline", password=password)


async def test_it_signs_in_only_once_the_connection_is_encrypted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mail_server(serving(certificate), "guardline", "right") as server:
        outcome = await secure(server.port).carry(LETTER)
        assert outcome.is_success
        assert (server.signed_in, server.encrypted) == (["guardline"], [True])
        wrong = await secure(server.port, "wrong").carry(LETTER)
    assert wrong == Outcome(None, "SMTPAuthenticationError"), "it says nothing of the recipient"
    assert len(server.taken) == 1


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(certificate: Path) -> None:
    async with mail_server(serving(certificate), "guardline", "right") as server:
        outcome = await secure(server.port).carry(LETTER)
    assert outcome.status is None
    assert (server.signed_in, server.taken) == ([], [])


async def test_a_server_without_encryption_gets_no_password() -> None:
    async with mail_server() as server:
        outcome = await secure(server.port).carry(LETTER)
    assert outcome.status is None
    assert (server.signed_in, server.taken) == ([], [])
