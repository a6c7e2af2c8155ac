"""Real Chromium pages call through Debian's coturn where nothing but TLS gets out."""

import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.adapters.clock import SystemClock
from server.domain.relays import Relay
from tests.media.worker.person import chromium_people
from tests.media.worker.support import plane, until
from tests.servers import coturn as relays

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]


def trusting(turn: relays.Turn) -> str:
    """The flag by which Chromium takes this one key, and no other, for a trusted one."""
    certificate = x509.load_pem_x509_certificate(turn.certificate.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
    return f"--ignore-certificate-errors-spki-list={digest}"


async def test_a_call_goes_through_the_relay_over_tls(coturn: str) -> None:
    now = SystemClock().now()
    with relays.server(coturn, now) as turn:
        relay = Relay((turn.url("turns", "tcp"),), relays.SECRET)
        async with (
            plane() as media,
            chromium_people(media, "anna", "bruno", flags=[trusting(turn)]) as people,
        ):
            for person in people:
                config = {
                    "iceServers": relay.ice_servers(person.name, now),
                    "iceTransportPolicy": "relay",
                }
                await person.evaluate("config => { call.config = config }", config)
            anna, bruno = people
            await anna.publish()
            await until(bruno.plays, "bruno plays anna", 40)
            for person, which in ((anna, "up"), (bruno, "down")):
                stats = await person.evaluate("which => call.stats(which)", which)
                locals_ = [s for s in stats if s["type"] == "local-candidate"]
                assert {(s["candidateType"], s["relayProtocol"]) for s in locals_} == {
                    ("relay", "tls")
                }
