"""What the media plane refuses, as people are told."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.errors import Conflict, DomainError, Forbidden, Invalid, Unavailable
from server.domain.presence import NotInCall, Peer


class SdpInvalid(Invalid):
    """Not an SDP offer or answer that can be taken."""

    code = "sdp-invalid"
    message = "The session description cannot be used."


class NotPermitted(Forbidden):
    """A source that the grants do not allow."""

    code = "not-permitted"
    message = "You are not permitted to send this."


class NegotiationStale(Conflict):
    """The answer to an offer that was superseded."""

    code = "negotiation-stale"
    message = "A newer negotiation is under way."


class MediaFull(Unavailable):
    """No room for another stream or peer."""

    code = "media-full"
    message = "The call is full."


class MediaUnavailable(Unavailable):
    """No worker can take the call just now."""

    code = "media-unavailable"
    message = "Calls are not available right now."


REFUSALS: dict[str, type[DomainError]] = {
    error.code: error
    for error in (SdpInvalid, NotPermitted, NegotiationStale, MediaFull, MediaUnavailable)
} | {"peer-unknown": NotInCall, "room-unknown": NotInCall}
UNKNOWN_PEER = frozenset({"peer-unknown", "room-unknown"})


def require_here(peers: Sequence[Peer], node: str) -> None:
    """Raise MediaUnavailable while peers of another process are in the room's call.

    Media lives in the process that holds a peer's socket, so a call belongs to whoever began it.
    """
    if any(peer.in_call and peer.node != node for peer in peers):
        raise MediaUnavailable("The call is held by another server; chat works here.")
