"""What the media plane refuses, as people are told."""

from __future__ import annotations

from server.domain.errors import Conflict, DomainError, Forbidden, Invalid, Unavailable
from server.domain.presence import NotInCall


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
