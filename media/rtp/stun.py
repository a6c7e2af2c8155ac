"""Whom a connectivity check is for, before anything is spent on it (RFC 8489 §5, §14)."""

import struct

_HEADER = struct.Struct("!HHI12x")
_ATTRIBUTE = struct.Struct("!HH")
_BINDING_REQUEST = 0x0001
_MAGIC_COOKIE = 0x2112A442
_USERNAME = 0x0006


def addressee(datagram: bytes) -> str:
    """The first half of a binding request's USERNAME: our ufrag (RFC 8445 §7.1.2), "" for none.

    Raises ValueError for what is no STUN message.
    """
    size = len(datagram)
    if size < _HEADER.size:
        raise ValueError("shorter than a STUN header")
    kind, length, cookie = _HEADER.unpack_from(datagram)
    if cookie != _MAGIC_COOKIE or length % 4 or length + _HEADER.size != size:
        raise ValueError("no STUN header")
    at = _HEADER.size
    while kind == _BINDING_REQUEST and at + 4 <= size:
        attribute, length = _ATTRIBUTE.unpack_from(datagram, at)
        at += 4
        if attribute == _USERNAME:
            name = datagram[at : min(at + length, size)].partition(b":")[0]
            return name.decode("ascii", "replace")
        at += length + -length % 4
    return ""
