"""Connectivity checks, whatever they came over: the same examination by every port."""

from typing import TYPE_CHECKING, Any, NamedTuple

from media.protocol import DropReason
from media.worker.adapter import BindingRequest
from media.worker.hub import Hub

if TYPE_CHECKING:
    from media.worker.transport import Transport


class Verdict(NamedTuple):
    """What to answer, and whose address this is from now on (None: not yet)."""

    answer: bytes
    check: BindingRequest
    transport: "Transport | None"


def examine(hub: Hub, datagram: bytes, address: Any) -> Verdict | None:
    """None, and counted, unless it was made with the password of one of our ufrags."""
    try:
        check = BindingRequest.parse(datagram)
    except ValueError:
        hub.drop(DropReason.STUN_INVALID)
        return None
    transport = hub.transports.get(check.local_ufrag) if check else None
    password = transport.password(check.local_ufrag) if check and transport else ""
    if check is None or transport is None or not check.is_authentic(password):
        hub.drop(DropReason.STUN_UNAUTHENTICATED)
        return None
    if check.is_controlled:
        return Verdict(check.role_conflict(password), check, None)
    return Verdict(check.success(address[:2], password), check, transport)
