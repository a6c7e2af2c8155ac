"""WHIP and WHEP: a session is hidden from everybody but whose device it is."""

from __future__ import annotations

from tests.smoke.api.case import Case, upload
from tests.smoke.api.world import World

_LINES = (
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=sendonly",
)  # fmt: skip
OFFER = "\r\n".join(_LINES).encode() + b"\r\n"
WATCH = OFFER.replace(b"sendonly", b"recvonly")
_SDP = {"Content-Type": "application/sdp"}
_FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"1"'}


def session(kind: str, headers: dict[str, str], body: bytes = b"") -> Case:
    """A session of the host's."""
    hidden = upload(headers, lambda _: body)
    return Case(hidden.who, hidden.wrong, hidden.body, headers, {"session": f"ids:{kind}"})


CASES = {
    ("POST", "rooms/{id}/whip"): Case(
        wrong={"stranger": 404, "admin": 404, "observer": 403},
        body=lambda _: OFFER,
        headers=_SDP,
    ),
    ("POST", "rooms/{id}/whep"): Case(
        wrong={"stranger": 404, "admin": 404},
        body=lambda _: WATCH,
        headers=_SDP,
    ),
    ("PATCH", "rooms/{id}/whep/{session}"): session("whep", _FRAGMENT, OFFER),
    ("DELETE", "rooms/{id}/whep/{session}"): session("whep", {}),
    ("PATCH", "rooms/{id}/whip/{session}"): session("whip", _FRAGMENT, OFFER),
    ("DELETE", "rooms/{id}/whip/{session}"): session("whip", {}),
}


async def furnish(world: World) -> None:
    """Sessions of the host's."""
    for kind, offer in (("whip", OFFER), ("whep", WATCH)):
        path = f"rooms/{world.ids['room']}/{kind}"
        made = await world.does("host", "POST", path, offer, **_SDP)
        world.ids[kind] = str(made["Location"]).rpartition("/")[2]
