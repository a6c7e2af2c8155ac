"""Credentials for a TURN relay."""

from datetime import UTC, datetime, timedelta

from server.domain.relays import Relay

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
URLS = ("turn:relay.example:3478", "turns:relay.example:443?transport=tcp")


def test_without_a_relay_nobody_is_sent_to_one() -> None:
    assert Relay().ice_servers("peer", NOW) == []


def test_credentials_are_what_the_relay_computes() -> None:
    """The HMAC is `printf 1795342200:p-1 | openssl dgst -sha1 -hmac north -binary | base64`."""
    (server,) = Relay(URLS, "north", timedelta(minutes=10)).ice_servers("p-1", NOW)
    assert server == {
        "urls": list(URLS),
        "username": "1795342200:p-1",
        "credential": "NUs03Jou9LM2MIVKodWTshjzD6s=",
    }


def test_every_peer_and_minute_has_its_own() -> None:
    relay = Relay(URLS, "north")
    made = [
        relay.ice_servers(peer, now)[0]["credential"]
        for peer in ("p-1", "p-2")
        for now in (NOW, NOW + timedelta(minutes=1))
    ]
    assert len(set(made)) == 4


def test_the_secret_is_not_shown() -> None:
    assert "north" not in repr(Relay(URLS, "north"))
