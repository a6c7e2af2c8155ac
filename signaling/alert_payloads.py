"""What clients send on `/alerts` (docs/protocol.md §8), parsed once."""

from __future__ import annotations

from signaling.limits import Kind
from signaling.payloads import Command, Id, Token


class RefreshAlertToken(Command):
    """A fresh token of the same session."""

    event = "token"
    kind = Kind.ENTRY
    token: Token


class Ready(Command):
    """Whether alerts sound on this page."""

    event = "ready"
    kind = Kind.STATE
    sound: bool


class AboutRequest(Command):
    """An event about a guard request."""

    request: Id


class Delivered(AboutRequest):
    """An alert arrived."""

    event = "delivered"
    kind = Kind.STATE


class Seen(AboutRequest):
    """An alert was looked at."""

    event = "seen"
    kind = Kind.STATE


class Accept(AboutRequest):
    """Take the request on."""

    event = "accept"
    kind = Kind.STATE


class EchoDrill(Command):
    """This device heard a drill."""

    event = "drill"
    kind = Kind.STATE
    drill: Id


ALERT_COMMANDS: dict[str, type[Command]] = {
    command.event: command
    for command in (RefreshAlertToken, Ready, Delivered, Seen, Accept, EchoDrill)
}
