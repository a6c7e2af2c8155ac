"""Connectivity checks, whatever they came over: the same examination by every port."""

from typing import TYPE_CHECKING, Any, NamedTuple

from media.protocol import DropReason
from media.rtp.stun import addressee
from media.worker.adapter import BindingRequest
from media.worker.hub import Hub
from media.worker.limits import TokenBucket

if TYPE_CHECKING:
    from media.worker.transport import Transport


# A browser sends some twenty a second while it looks for a path, and one each 2.5 s after that.
CHECKS_AT_ONCE, CHECKS_PER_S = 100, 50


class Verdict(NamedTuple):
    """What to answer, and whose address this is from now on (None: not yet)."""

    answer: bytes
    check: BindingRequest
    transport: "Transport | None"


def examine(
    hub: Hub, datagram: bytes, address: Any, known: TokenBucket | None, now: float
) -> Verdict | None:
    """None, and counted, unless it was made with the password of one of our ufrags.

    Examining costs some 200 µs: what is for nobody is not examined, and of the rest only so much
    as the budget of its validated path (`known`), or of all other addresses, allows.
    """
    try:
        ufrag = addressee(datagram)
        transport = hub.transports.get(ufrag)
        if transport is None:
            hub.drop(DropReason.STUN_UNAUTHENTICATED)
            return None
        if not (known or transport.strange_checks).take(now):
            hub.drop(DropReason.STUN_LIMITED)
            return None
        check = BindingRequest.parse(datagram)
    except ValueError:
        hub.drop(DropReason.STUN_INVALID)
        return None
    password = transport.password(ufrag)
    if check is None or check.local_ufrag != ufrag or not check.is_authentic(password):
        hub.drop(DropReason.STUN_UNAUTHENTICATED)
        return None
    if check.is_controlled:
        return Verdict(check.role_conflict(password), check, None)
    return Verdict(check.success(address[:2], password), check, transport)


def checks_budget() -> TokenBucket:
    """How many checks of one origin are examined."""
    return TokenBucket(CHECKS_AT_ONCE, CHECKS_PER_S)
