"""The local authority and the certificates it issues."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy import certificates
from deploy.certificates import Folder
from deploy.progress import SetupError

NOW = datetime(2027, 3, 1, tzinfo=UTC)
HOSTS = ["localhost", "hub.example", "192.0.2.7", "2001:db8::7"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "certs")


def test_the_server_certificate_names_every_host_and_chains_to_the_authority(
    folder: Folder,
) -> None:
    assert certificates.ensure(folder, HOSTS, NOW)
    assert certificates.is_local(folder)
    assert sorted(certificates.served_hosts(folder)) == sorted(HOSTS)


def test_tls_accepts_it_for_its_name_only(folder: Folder) -> None:
    now = datetime.now(UTC)
    certificates.ensure(folder, HOSTS, now)
    assert _handshake(folder, "hub.example") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _handshake(folder, "other.example")


def test_keys_are_readable_by_their_owner_only(folder: Folder) -> None:
    certificates.ensure(folder, HOSTS, NOW)
    modes = {stat.S_IMODE(key.stat().st_mode) for key in (folder.server_key, folder.authority_key)}
    assert modes == {0o600}


def test_a_second_start_changes_nothing(folder: Folder) -> None:
    certificates.ensure(folder, HOSTS, NOW)
    before = _contents(folder)
    assert not certificates.ensure(folder, HOSTS, NOW + timedelta(days=1))
    assert _contents(folder) == before


@pytest.mark.parametrize(
    ("hosts", "days"),
    [([*HOSTS, "198.51.100.9"], 1), (HOSTS, certificates.SERVER_DAYS - 29)],
    ids=["a new address", "near its end"],
)
def test_it_is_renewed_by_the_same_authority(folder: Folder, hosts: list[str], days: int) -> None:
    certificates.ensure(folder, HOSTS, NOW)
    authority = folder.authority.read_bytes()
    later = NOW + timedelta(days=days)
    assert certificates.ensure(folder, hosts, later)
    assert certificates.expiry(folder) == later + timedelta(days=certificates.SERVER_DAYS)
    assert folder.authority.read_bytes() == authority


def test_the_hospitals_own_certificate_is_installed_and_left_alone(
    folder: Folder, tmp_path: Path
) -> None:
    certificates.ensure(folder, HOSTS, NOW)
    hospital = Folder(tmp_path / "hospital")
    certificates.ensure(hospital, ["hub.hospital.example"], NOW)

    names = certificates.install(folder, hospital.server, hospital.server_key, NOW)

    assert names == ["hub.hospital.example"]
    assert not certificates.is_local(folder)
    assert not certificates.ensure(folder, HOSTS, NOW + timedelta(days=390))
    assert folder.server.read_bytes() == hospital.server.read_bytes()


def test_a_key_of_another_certificate_is_refused(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    for each in (folder, other):
        certificates.ensure(each, HOSTS, NOW)
    with pytest.raises(SetupError, match="is not the key of"):
        certificates.install(folder, other.server, folder.server_key, NOW)


def test_an_expired_certificate_is_refused(folder: Folder) -> None:
    certificates.ensure(folder, HOSTS, NOW)
    later = NOW + timedelta(days=certificates.SERVER_DAYS + 1)
    with pytest.raises(SetupError, match="not valid today"):
        certificates.install(folder, folder.server, folder.server_key, later)


def _contents(folder: Folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.path.iterdir()}


def _handshake(folder: Folder, name: str) -> str | None:
    """Shake hands in memory as a client that trusts the authority and expects `name`."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder.server, folder.server_key)
    client_side = ssl.create_default_context(cafile=str(folder.authority))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for end in (client, server, client, server):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()
