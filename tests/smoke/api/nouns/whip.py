"""WHIP: whoever may publish sends; a session is hidden from everybody but its sender."""

from __future__ import annotations

from tests.smoke.api.case import Case, upload
from tests.smoke.api.world import World

_LINES = (
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=sendonly",
)  # fmt: skip
OFFER = "\r\n".join(_LINES).encode() + b"\r\n"
_SDP = {"Content-Type": "application/sdp"}
_FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"1"'}
_SESSION = "ids:whip"


def session(headers: dict[str, str], body: bytes = b"") -> Case:
    """A session of the host's."""
    hidden = upload(headers, lambda _: body)
    return Case(hidden.who, hidden.wrong, hidden.body, headers, {"session": _SESSION})


CASES = {
    ("POST", "rooms/{id}/whip"): Case(
        wrong={"stranger": 404, "admin": 404, "observer": 403},
        body=lambda _: OFFER,
        headers=_SDP,
    ),
    ("PATCH", "rooms/{id}/whip/{session}"): session(_FRAGMENT, OFFER),
    ("DELETE", "rooms/{id}/whip/{session}"): session({}),
}


async def furnish(world: World) -> None:
    """A session of the host's."""
    path = f"rooms/{world.ids['room']}/whip"
    made = await world.does("host", "POST", path, OFFER, **_SDP)
    world.ids["whip"] = str(made["Location"]).rpartition("/")[2]
